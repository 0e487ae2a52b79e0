use crate::sbom::catalog::Fact;
use crate::sbom::catalog::Place::Folder;
use crate::sbom::catalog::languages::testing::{count_shared, found, in_folder, summary};

#[test]
fn properties_are_resolved_within_the_file() {
    let pom = "<?xml version=\"1.0\"?><project xmlns=\"http://maven.apache.org/POM/4.0.0\"><parent><groupId>org.acme</groupId><artifactId>top</artifactId>\
        <version>1.0</version></parent><artifactId>app</artifactId><url>https://acme.example/?a&amp;b</url>\
        <licenses><license><name>Apache-2.0</name></license></licenses>\
        <properties><jmh.version>1.35</jmh.version><outer>${jmh.version}</outer><circle>${circle}</circle></properties>\
        <dependencyManagement><dependencies><dependency><groupId>g</groupId><artifactId>managed</artifactId><version>3</version><scope>test</scope>\
        </dependency></dependencies></dependencyManagement><dependencies>\
        <dependency><groupId>g</groupId><artifactId>jmh</artifactId><version>${outer}</version></dependency>\
        <dependency><groupId>g</groupId><artifactId>managed</artifactId></dependency>\
        <dependency><groupId>${project.groupId}</groupId><artifactId>own</artifactId><version>${project.version}</version><type>test-jar</type></dependency>\
        <dependency><groupId>g</groupId><artifactId>unknown</artifactId><version>${elsewhere}</version><exclusions><exclusion>\
        <artifactId>not-this</artifactId></exclusion></exclusions></dependency>\
        <dependency><groupId>g</groupId><artifactId>round</artifactId><version>${circle}</version></dependency>\
        </dependencies><profiles><profile><dependencies><dependency><artifactId>never</artifactId></dependency></dependencies></profile></profiles></project>";
    let facts = in_folder("pom.xml", pom);
    assert_eq!(summary(facts.clone()), "g/jmh@1.35 g/managed@3? g/round@ g/unknown@ org.acme/app@1.0 org.acme/own@1.0");
    let all = found(facts);
    assert_eq!(
        (&all[3].properties["unresolved-version"][..], &all[5].qualifiers["type"][..]),
        ("${elsewhere}", "test-jar")
    );
    assert_eq!(
        (&all[4].licenses[..], &*all[4].homepage),
        (&["Apache-2.0".to_owned()][..], "https://acme.example/?a&b")
    );
    assert_eq!(all[4].needs, ["g/jmh", "g/managed", "g/round", "g/unknown", "org.acme/own"]);
}

#[test]
fn properties_that_grow_without_bound_end() {
    let doubling: String = (0..60).map(|n| format!("<p{n}>${{p{}}}${{p{}}}</p{n}>", n + 1, n + 1)).collect();
    let pom = format!(
        "<project><artifactId>a</artifactId><version>${{p0}}</version><properties>{doubling}</properties></project>"
    );
    let start = std::time::Instant::now();
    assert_eq!(summary(in_folder("pom.xml", &pom)), "a@");
    assert!(start.elapsed().as_secs() < 2);
}

#[test]
fn what_is_no_description_is_unreadable() {
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    for text in ["", "<project>", "<project></project>", "<a></b>", &deep] {
        assert!(matches!(&in_folder("pom.xml", text)[..], [Fact::Unreadable(_)]), "{}", text.get(..20).unwrap_or(text));
    }
}

#[test]
fn locks_are_read() {
    let gradle = "# comment\norg.acme:a:1.0=compileClasspath,runtimeClasspath\norg.acme:b:2.0=testRuntimeClasspath\nempty=annotationProcessor\n";
    assert_eq!(summary(in_folder("gradle.lockfile", gradle)), "org.acme/a@1.0 org.acme/b@2.0");
    assert_eq!(summary(in_folder("gradle/dependency-locks/x.lockfile", "g:a:1\n")), "g/a@1");
    let sbt = r#"{"lockVersion": 1, "dependencies": [{"org": "g", "name": "a", "version": "1", "configurations": ["compile", "test"]},
        {"org": "g", "name": "b", "version": "2", "configurations": ["test"]}]}"#;
    assert_eq!(summary(in_folder("build.sbt.lock", sbt)), "g/a@1 g/b@2?");
}

#[test]
fn the_peers_files_are_read() {
    count_shared(&[
        (Folder, "syft/cataloger/java/testdata/pom/commons-codec.pom.xml", "pom.xml", 3),
        (Folder, "syft/cataloger/java/testdata/pom/neo4j-license-maven-plugin.pom.xml", "pom.xml", 8),
        (Folder, "syft/cataloger/java/testdata/pom/example-java-app-maven/pom.xml", "pom.xml", 3),
        (Folder, "trivy/repo/pom/pom.xml", "pom.xml", 5),
        (Folder, "trivy/repo/gradle/gradle.lockfile", "gradle.lockfile", 1),
        (Folder, "trivy/repo/sbt/build.sbt.lock", "build.sbt.lock", 1),
    ]);
}
