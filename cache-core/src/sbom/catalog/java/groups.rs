//! The groups of archives that do not name theirs: well-known ones by the name of the artifact, others by the manifest.

use super::manifest::Manifest;

/// Names of artifacts, `-` at the end standing for all that begin so, and their group.
const KNOWN: [(&str, &str); 46] = [
    ("ant", "org.apache.ant"),
    ("ant-", "org.apache.ant"),
    ("catalina", "org.apache.tomcat"),
    ("tomcat-embed-", "org.apache.tomcat.embed"),
    ("tomcat-", "org.apache.tomcat"),
    ("commons-lang3", "org.apache.commons"),
    ("commons-text", "org.apache.commons"),
    ("commons-compress", "org.apache.commons"),
    ("commons-csv", "org.apache.commons"),
    ("commons-collections4", "org.apache.commons"),
    ("commons-configuration2", "org.apache.commons"),
    ("commons-dbcp2", "org.apache.commons"),
    ("commons-math3", "org.apache.commons"),
    ("commons-pool2", "org.apache.commons"),
    ("jetty-", "org.eclipse.jetty"),
    ("netty-", "io.netty"),
    ("log4j", "log4j"),
    ("log4j-", "org.apache.logging.log4j"),
    ("slf4j-", "org.slf4j"),
    ("jcl-over-slf4j", "org.slf4j"),
    ("jul-to-slf4j", "org.slf4j"),
    ("logback-", "ch.qos.logback"),
    ("lucene-", "org.apache.lucene"),
    ("solr-", "org.apache.solr"),
    ("kafka-", "org.apache.kafka"),
    ("zookeeper", "org.apache.zookeeper"),
    ("okhttp", "com.squareup.okhttp3"),
    ("okio", "com.squareup.okio"),
    ("guava", "com.google.guava"),
    ("gson", "com.google.code.gson"),
    ("protobuf-java", "com.google.protobuf"),
    ("h2", "com.h2database"),
    ("postgresql", "org.postgresql"),
    ("snakeyaml", "org.yaml"),
    ("kotlin-", "org.jetbrains.kotlin"),
    ("scala-", "org.scala-lang"),
    ("groovy", "org.codehaus.groovy"),
    ("hibernate-core", "org.hibernate"),
    ("bcprov-", "org.bouncycastle"),
    ("bcpkix-", "org.bouncycastle"),
    ("spring-boot-", "org.springframework.boot"),
    ("spring-boot", "org.springframework.boot"),
    ("spring-security-", "org.springframework.security"),
    ("spring-data-", "org.springframework.data"),
    ("spring-cloud-", "org.springframework.cloud"),
    ("jackson-dataformat-", "com.fasterxml.jackson.dataformat"),
];
const SPRING: [&str; 19] = [
    "aop",
    "aspects",
    "beans",
    "context",
    "context-support",
    "core",
    "expression",
    "instrument",
    "jcl",
    "jdbc",
    "jms",
    "messaging",
    "orm",
    "oxm",
    "test",
    "tx",
    "web",
    "webflux",
    "webmvc",
];

/// The headers that hold a group, the surest first. Names of classes and of modules are none.
const HEADERS: [&str; 7] = [
    "Group-Id",
    "Implementation-Vendor-Id",
    "Bundle-SymbolicName",
    "Extension-Name",
    "Implementation-Title",
    "Specification-Vendor",
    "Implementation-Vendor",
];
const DOMAINS: [&str; 12] = ["com", "org", "net", "io", "be", "de", "ch", "dev", "edu", "javax", "jakarta", "software"];

/// The group of an artifact, where anything but its own description tells it.
pub(super) fn of(artifact: &str, manifest: Option<&Manifest>) -> Option<String> {
    known(artifact).map(str::to_owned).or_else(|| stated(artifact, manifest?))
}

fn known(artifact: &str) -> Option<&'static str> {
    if artifact.strip_prefix("spring-").is_some_and(|rest| SPRING.contains(&rest)) {
        return Some("org.springframework");
    }
    let fits = |pattern: &str| artifact == pattern || pattern.ends_with('-') && artifact.starts_with(pattern);
    KNOWN.iter().find(|(pattern, _)| fits(pattern)).map(|(_, group)| *group)
}

fn stated(artifact: &str, manifest: &Manifest) -> Option<String> {
    HEADERS.iter().find_map(|header| {
        // Directives may follow: `org.example;singleton:=true`.
        let value = manifest.any(header)?.split([';', '#']).next()?.trim();
        let domain = value.split_once('.').is_some_and(|(first, rest)| DOMAINS.contains(&first) && !rest.is_empty());
        let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
        (domain && plain).then(|| without_artifact(value, artifact).to_owned())
    })
}

/// A name that ends in the artifact's, as the tools of OSGi make it of both: `org.apache.commons.lang3` of `commons-lang3`.
fn without_artifact<'a>(name: &'a str, artifact: &str) -> &'a str {
    let Some((group, last)) = name.rsplit_once('.') else { return name };
    let own = artifact == last || artifact.strip_suffix(last).is_some_and(|before| before.ends_with(['-', '.']));
    if own && group.contains('.') { group } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_come_from_the_name_or_the_manifest_and_never_from_a_class() {
        let cases = [
            ("ant-launcher", "", Some("org.apache.ant")),
            ("spring-core", "", Some("org.springframework")),
            ("spring-own", "", None),
            ("log4j", "", Some("log4j")),
            ("log4j-core", "", Some("org.apache.logging.log4j")),
            ("derby", "Bundle-Activator: org.apache.derby.osgi.EmbeddedActivator\nBundle-SymbolicName: derby", None),
            ("mod", "Automatic-Module-Name: com.example.mod", None),
            ("mod", "Main-Class: com.example.Main", None),
            ("tool", "Bundle-SymbolicName: org.example.tool;singleton:=true", Some("org.example")),
            ("xmltool", "Bundle-SymbolicName: org.example.tool", Some("org.example.tool")),
            ("tool", "Implementation-Vendor: The Example Foundation", None),
            ("tool", "Implementation-Vendor: commons folks", None),
            ("tool", "Implementation-Vendor-Id: net.example\nImplementation-Title: org.other", Some("net.example")),
        ];
        for (artifact, manifest, expected) in cases {
            let group = of(artifact, Some(&Manifest::parse(manifest)));
            assert_eq!(group.as_deref(), expected, "{artifact} {manifest}");
        }
        eprintln!("{} groups", cases.len());
    }
}
