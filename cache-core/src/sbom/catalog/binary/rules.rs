//! How known programs write their version into themselves.
//!
//! Each pattern finds one form that some release of the program has; the first that is found counts. They are searched in
//! windows (see [`super::scan`]), so none reaches further than 1,000 bytes.

/// How to recognise one program.
#[derive(Debug)]
pub(super) struct Rule {
    /// Names of files, `*` standing for anything.
    pub(super) names: &'static [&'static str],
    /// What the path has to contain, if anything.
    pub(super) folder: &'static str,
    /// Whether the file may be a script or an archive: others are looked at only if they are executables.
    pub(super) any_file: bool,
    /// Of the rules with the same word here only the first that finds something counts.
    pub(super) one_of: &'static str,
    /// Regular expressions over bytes with a group `version`. `RELEASE` stands for the version in the file's name.
    pub(super) patterns: &'static [&'static str],
    /// The purl type.
    pub(super) kind: &'static str,
    /// The purl namespace and name.
    pub(super) package: &'static str,
    /// `vendor:product` of its CPE names.
    pub(super) products: &'static [&'static str],
}

const RULE: Rule = Rule {
    names: &[],
    folder: "",
    any_file: false,
    one_of: "",
    patterns: &[],
    kind: "generic",
    package: "",
    products: &[],
};

const PYTHON: &[&str] = &["python_software_foundation:python", "python:python"];
const PHP: &[&str] = &[r"X-Powered-By: PHP/(?<version>[0-9]+\.[0-9]+\.[0-9]+(?:(?:alpha|beta|RC)[0-9]+)?)"];
const MYSQL_SOURCES: &str = r"/mysql-cluster-gpl-(?<version>[0-9]+\.[0-9]+\.[0-9]+(?:alpha|beta|rc)?[0-9]*)/";
const ERLANG_SOURCES: &str = r"/src/otp(?:_src_|-)(?<version>[0-9]+(?:\.[0-9]+){1,3}(?:-rc[0-9])?)/erts/";

pub(super) static RULES: &[Rule] = &[
    // Languages and their tools.
    Rule {
        names: &["python*", "libpython*.so*"],
        patterns: &[
            r"\x00(?<version>RELEASE\.[0-9]+[-._a-zA-Z0-9]*)\x00",
            r"\x00(?<version>RELEASE[-._a-zA-Z0-9]*)\x00",
        ],
        package: "python",
        products: PYTHON,
        ..RULE
    },
    Rule {
        names: &["libpypy*.so*"],
        patterns: &[r"\[PyPy (?<version>[0-9]+\.[0-9]+\.[0-9]+)"],
        package: "pypy",
        ..RULE
    },
    Rule {
        names: &["go", "go.exe"],
        patterns: &[r"go(?<version>1\.[0-9]+(?:\.[0-9]+|(?:alpha|beta|rc)[0-9]+)?)\x00"],
        package: "go",
        products: &["golang:go"],
        ..RULE
    },
    Rule {
        names: &["node"],
        patterns: &[
            r"\x00(?:node )?v(?<version>[0456]\.[0-9]+\.[0-9]+)\x00",
            r"node\.js/v(?<version>[0-9]+\.[0-9]+\.[0-9]+)",
        ],
        package: "node",
        products: &["nodejs:node.js"],
        ..RULE
    },
    Rule {
        names: &["deno"],
        patterns: &[
            r"Deno/(?<version>[0-9]+\.[0-9]+\.[0-9]+)",
            r"deno-(?:canary/)?[0-9a-z]{40}(?:release/v)?(?<version>[0-9]+\.[0-9]+\.[0-9]+)",
            r"(?<version>[0-9]+\.[0-9]+\.[0-9]+)[0-9a-z]{40}DENO",
        ],
        package: "deno",
        products: &["deno:deno"],
        ..RULE
    },
    Rule {
        names: &["bun"],
        patterns: &[r"[Bb]un(?: v?|-)(?<version>[0-9]+\.[0-9]+\.[0-9]+)"],
        package: "bun",
        products: &["oven-sh:bun"],
        ..RULE
    },
    Rule {
        names: &["perl"],
        patterns: &[r"/usr/local/lib/perl[0-9]/(?<version>[0-9]+\.[0-9]+\.[0-9]+)"],
        package: "perl",
        products: &["perl:perl"],
        ..RULE
    },
    Rule {
        names: &["ruby", "libruby*.so*"],
        patterns: &[r"ruby (?<version>[0-9]+\.[0-9]+\.[0-9]+(?:(?:p|preview|rc|dev)[0-9]*)?) "],
        package: "ruby",
        products: &["ruby-lang:ruby"],
        ..RULE
    },
    Rule {
        names: &["php", "php5", "php7", "php8", "php5.*", "php7.*", "php8.*", "php-cgi*"],
        patterns: PHP,
        package: "php-cli",
        products: &["php:php"],
        ..RULE
    },
    Rule { names: &["php-fpm*"], patterns: PHP, package: "php-fpm", products: &["php:php"], ..RULE },
    Rule { names: &["libphp*.so"], patterns: PHP, package: "libphp", products: &["php:php"], ..RULE },
    Rule {
        names: &["composer*"],
        any_file: true,
        patterns: &[r"'pretty_version'\s*=>\s*'(?<version>[0-9]+\.[0-9]+\.[0-9]+(?:(?:alpha|beta|RC)[0-9]+)?)'"],
        package: "composer",
        products: &["getcomposer:composer"],
        ..RULE
    },
    Rule {
        names: &["libstd-*.so"],
        patterns: &[r"rustc version (?<version>[0-9]+\.[0-9]+\.[0-9]+) \([0-9a-f]+ [0-9]{4}-[0-9]{2}-[0-9]{2}\)"],
        package: "rust",
        products: &["rust-lang:rust"],
        ..RULE
    },
    Rule {
        names: &["libstd-*.dylib"],
        patterns: &[r"c (?<version>[0-9]+\.[0-9]+\.[0-9]+) \([0-9a-f]+ [0-9]{4}-[0-9]{2}-[0-9]{2}\)"],
        package: "rust",
        products: &["rust-lang:rust"],
        ..RULE
    },
    Rule {
        names: &["erlexec", "beam.smp"],
        patterns: &[
            ERLANG_SOURCES,
            r"\x00(?<version>[0-9]+(?:\.[0-9]+){1,3}(?:-rc[0-9])?)\x00+Erlang/OTP",
            r"(?s)Erlang/OTP.{1,150}\x00(?<version>[0-9]+(?:\.[0-9]+){1,3}(?:-rc[0-9])?)\x00",
        ],
        package: "erlang",
        products: &[r"erlang:erlang\/otp"],
        ..RULE
    },
    Rule {
        names: &["elixir"],
        any_file: true,
        patterns: &[r"ELIXIR_VERSION=(?<version>[0-9]+\.[0-9]+\.[0-9]+(?:-[a-z0-9]+(?:\.[0-9]+)?)?)"],
        package: "elixir",
        products: &["elixir-lang:elixir"],
        ..RULE
    },
    Rule {
        names: &["libjulia-internal.so", "libjulia.so*"],
        patterns: &[
            r"\x00(?<version>[0-9]+\.[0-9]+\.[0-9]+(?:-(?:alpha|beta|rc)[0-9]+)?)\x00(?:branch|verify_methods|julia version|BigInt)",
        ],
        package: "julia",
        products: &["julialang:julia"],
        ..RULE
    },
    Rule {
        names: &["dart"],
        patterns: &[r"\x00(?<version>[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9]+(?:\.[0-9]+)?\.beta)?) "],
        package: "dart",
        products: &["dart:dart_software_development_kit"],
        ..RULE
    },
    Rule { names: &["swipl"], patterns: &[r"swipl-(?<version>[0-9]+\.[0-9]+\.[0-9]+)/"], package: "swipl", ..RULE },
    Rule {
        names: &["ghc*"],
        patterns: &[
            r"\x00GHC (?<version>[0-9]+\.[0-9]+\.[0-9]+)\x00",
            r"\x00libHSghc-(?<version>[0-9]+\.[0-9]+\.[0-9]+)-",
        ],
        package: "haskell/ghc",
        products: &["haskell:ghc"],
        ..RULE
    },
    Rule {
        names: &["cabal"],
        patterns: &[r"(?:\x00Cabal|cabal-install)-(?<version>[0-9]+\.[0-9]+\.[0-9]+(?:\.[0-9]+)?)-"],
        package: "haskell/cabal",
        products: &["haskell:cabal"],
        ..RULE
    },
    Rule {
        names: &["stack"],
        patterns: &[r"Version\s*(?<version>[0-9]+\.[0-9]+\.[0-9]+),\s*Git"],
        package: "haskell/stack",
        products: &["haskell:stack"],
        ..RULE
    },
    Rule {
        names: &["gcc"],
        patterns: &[r"GCC: \(GNU\) (?<version>[0-9]+\.[0-9]+\.[0-9]+)"],
        package: "gcc",
        products: &["gnu:gcc"],
        ..RULE
    },
    // Java. The launcher holds the release, and beside it the full version.
    Rule {
        names: &["java", "jdb"],
        one_of: "java",
        patterns: &[r"\x00(?<version>[0-9][.0-9]+\+[0-9]+-jvmci-[0-9][.0-9]+-b[0-9]+)\x00"],
        package: "oracle/graalvm",
        products: &["oracle:graalvm"],
        ..RULE
    },
    Rule {
        names: &["java", "jdb"],
        folder: "zulu",
        one_of: "java",
        patterns: &[
            r"\x00(?:java|jdb)\x00[0-9][.0-9]*\x00(?<version>[0-9][-+._a-zA-Z0-9]+)\x00",
            r"\x00[0-9][.0-9]*\x00+(?<version>[0-9][-+._a-zA-Z0-9]+)\x00+(?:openjdk|java|jdb)",
        ],
        package: "azul/zulu",
        products: &["azul:zulu"],
        ..RULE
    },
    Rule {
        names: &["java", "jdb"],
        one_of: "java",
        patterns: &[
            r"\x00openjdk\x00java\x00[0-9][.0-9]*\x00(?<version>[0-9][-+._a-zA-Z0-9]+)\x00",
            r"\x00[0-9][.0-9]*\x00+(?<version>[0-9][-+._a-zA-Z0-9]+)\x00+openjdk\x00java",
        ],
        package: "oracle/openjdk",
        products: &["oracle:openjdk"],
        ..RULE
    },
    Rule {
        names: &["java"],
        folder: "ibm/",
        one_of: "java",
        patterns: &[r"\x00java\x00+[0-9][.0-9]+\x00+(?<version>[0-9][-._a-zA-Z0-9]+)\x00"],
        package: "ibm/java",
        products: &["ibm:java"],
        ..RULE
    },
    Rule {
        names: &["java"],
        one_of: "java",
        patterns: &[
            r"\x00(?<version>[0-9]+[.0-9]+\+[-0-9]+)\x00",
            r"\x00(?<version>[0-9]+\.[0-9]+\.[-._+a-zA-Z0-9]+)\x00",
        ],
        package: "oracle/jre",
        products: &["oracle:jre"],
        ..RULE
    },
    Rule {
        names: &["jdb"],
        one_of: "java",
        patterns: &[r"\x00(?<version>[0-9]+\.[0-9]+\.[0-9]+(?:\+[0-9]+)?[-._a-zA-Z0-9]*)\x00"],
        package: "oracle/jdk",
        products: &["oracle:jdk"],
        ..RULE
    },
    // Web servers and proxies.
    Rule {
        names: &["nginx"],
        patterns: &[r"nginx version: [^/\x00]{1,40}/(?<version>[0-9]+\.[0-9]+\.[0-9]+(?:\+[0-9]+)?(?:-[0-9]+)?)"],
        package: "nginx",
        products: &["f5:nginx", "nginx:nginx"],
        ..RULE
    },
    Rule {
        names: &["httpd"],
        patterns: &[r"Apache/(?<version>[0-9]+\.[0-9]+\.[0-9]+)"],
        package: "httpd",
        products: &["apache:http_server"],
        ..RULE
    },
    Rule {
        names: &["lighttpd"],
        patterns: &[r"\x00lighttpd/(?<version>[0-9]+\.[0-9]+\.[0-9]+)\x00"],
        package: "lighttpd",
        products: &["lighttpd:lighttpd"],
        ..RULE
    },
    Rule {
        names: &["haproxy"],
        patterns: &[
            r"version (?<version>[0-9]+\.[0-9]+(?:\.|-dev|-rc)[0-9]+)(?:-[a-z0-9]{7})?, released 20",
            r"HA-Proxy version (?<version>[0-9]+\.[0-9]+(?:\.|-dev)[0-9]+)",
            r"(?<version>[0-9]+\.[0-9]+(?:\.|-dev)[0-9]+)-[0-9a-zA-Z]{7}[^\n]{1,200}HAProxy version",
        ],
        package: "haproxy",
        products: &["haproxy:haproxy"],
        ..RULE
    },
    Rule {
        names: &["traefik"],
        patterns: &[r"\x00v?(?<version>[0-9]+\.[0-9]+\.[0-9]+(?:-(?:alpha|beta|rc)[0-9])?)\x00"],
        package: "traefik",
        products: &["traefik:traefik"],
        ..RULE
    },
    Rule {
        names: &["envoy"],
        patterns: &[
            r"(?s)\x00(?<version>1\.[0-9]{1,2}\.[0-9]+(?:-dev)?)\x00.{0,900}envoy[/._:]",
            r"(?s)\x00(?<version>1\.[0-9]{1,2}\.[0-9]+(?:-dev)?)\x00.{0,900}(?:Unable to|ValidationError)",
        ],
        package: "envoy",
        products: &["envoyproxy:envoy"],
        ..RULE
    },
    Rule {
        names: &["proftpd"],
        patterns: &[r"\x00ProFTPD Version (?<version>[0-9]+\.[0-9]+\.[0-9]+[a-z]?)\x00"],
        package: "proftpd",
        products: &["proftpd:proftpd"],
        ..RULE
    },
    // Databases and queues.
    Rule {
        names: &["redis-server"],
        patterns: &[
            r"[^0-9](?<version>[0-9]+\.[0-9]+\.[0-9]+)buildkitsandbox-[0-9]+",
            r"[^0-9](?<version>[0-9]+\.[0-9]+\.[0-9]+)[0-9a-z]{12}-[0-9]+",
            r"Redis version (?<version>[0-9]+\.[0-9]+\.[0-9]+)",
        ],
        package: "redis",
        products: &["redislabs:redis", "redis:redis"],
        ..RULE
    },
    Rule {
        names: &["valkey-server"],
        patterns: &[r"[^0-9](?<version>[0-9]+\.[0-9]+\.[0-9]+)buildkitsandbox-[0-9]+"],
        package: "valkey",
        products: &["lfprojects:valkey", "linuxfoundation:valkey", "valkey-io:valkey"],
        ..RULE
    },
    Rule {
        names: &["memcached"],
        patterns: &[r"memcached (?<version>[0-9]+\.[0-9]+\.[0-9]+)"],
        package: "memcached",
        products: &["memcached:memcached"],
        ..RULE
    },
    Rule {
        names: &["postgres"],
        patterns: &[r"[\x00?]PostgreSQL (?<version>[0-9]+(?:\.[0-9]+){0,2}(?:(?:alpha|beta|rc)[0-9])?)"],
        package: "postgresql",
        products: &["postgresql:postgresql"],
        ..RULE
    },
    Rule {
        names: &["mysql"],
        one_of: "mysql",
        patterns: &[r"/percona-server-(?<version>[0-9]+(?:\.[0-9]+){0,2})"],
        package: "percona-server",
        products: &["oracle:mysql", "percona:percona_server"],
        ..RULE
    },
    Rule {
        names: &["mysql"],
        one_of: "mysql",
        patterns: &[r"/Percona-XtraDB-Cluster-(?<version>[0-9]+(?:\.[0-9]+){0,2})"],
        package: "percona-xtradb-cluster",
        products: &["oracle:mysql", "percona:percona_server", "percona:xtradb_cluster"],
        ..RULE
    },
    Rule {
        names: &["mariadb", "mysql"],
        one_of: "mysql",
        patterns: &[
            r"(?<version>[0-9]+\.[0-9]+(?:\.[0-9]+)?)-MariaDB",
            r"/mariadb-(?<version>[0-9]+\.[0-9]+(?:\.[0-9]+)?)-",
        ],
        package: "mariadb",
        products: &["mariadb:mariadb"],
        ..RULE
    },
    Rule {
        names: &["mysql"],
        one_of: "mysql",
        patterns: &[r"\x00(?<version>[0-9]+\.[0-9]+\.[0-9]+)\x00+mysql", r"/mysql-(?<version>[0-9]+\.[0-9]+\.[0-9]+)"],
        package: "mysql",
        products: &["oracle:mysql"],
        ..RULE
    },
    Rule {
        names: &["mysqld", "ndbd", "ndbmtd", "ndb_mgmd"],
        one_of: "mysqld",
        patterns: &[r"cluster-gpl\x00[0-9.]+-ndb-(?<version>[0-9]+\.[0-9]+\.[0-9]+)", MYSQL_SOURCES],
        package: "mysql-cluster",
        products: &["oracle:mysql_cluster"],
        ..RULE
    },
    Rule {
        names: &["mysqld"],
        one_of: "mysqld",
        patterns: &[r"/mysql-(?<version>[0-9]+\.[0-9]+\.[0-9]+(?:alpha|beta|rc)?[0-9]*)/"],
        package: "mysql-server",
        products: &["oracle:mysql", "oracle:mysql_server"],
        ..RULE
    },
    Rule {
        names: &["xtrabackup"],
        patterns: &[r"/percona-xtrabackup-(?<version>[0-9]+(?:\.[0-9]+){0,2})"],
        package: "percona-xtrabackup",
        products: &["percona:xtrabackup"],
        ..RULE
    },
    Rule {
        names: &["mongod"],
        patterns: &[r"(?<version>[0-9]+\.[0-9]+\.[0-9]+)\x00+(?:tcmalloc|heap_size|cppdefines)"],
        package: "mongodb",
        products: &["mongodb:mongodb"],
        ..RULE
    },
    Rule {
        names: &["arangosh"],
        patterns: &[r"(?<version>[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9]+)?)\s(?:enterprise\s)?\[linux\]"],
        package: "arangodb",
        products: &["arangodb:arangodb"],
        ..RULE
    },
    Rule {
        names: &["sqlcipher"],
        patterns: &[r"[^0-9]\x00(?<version>[0-9]+\.[0-9]+\.[0-9]+)\x00"],
        package: "sqlcipher",
        products: &["zetetic:sqlcipher"],
        ..RULE
    },
    Rule {
        names: &["fluent-bit"],
        patterns: &[r"\x00(?<version>[0-9]+\.[0-9]+\.[0-9]+)\x00(?:\x1b\[1m)?\x00*(?:%s)?Fluent"],
        kind: "github",
        package: "fluent/fluent-bit",
        products: &["treasuredata:fluent_bit"],
        ..RULE
    },
    // Programs in Go that the toolchain knows no version of.
    Rule {
        names: &["consul"],
        patterns: &[
            r"CONSUL_VERSION: (?<version>[0-9]+\.[0-9]+\.[0-9]+)",
            r#"GitDescribe=(?<version>[0-9]+\.[0-9]+\.[0-9]+)""#,
            r"\x00v(?<version>[0-9]+\.[0-9]+\.[0-9]+)\x00",
        ],
        kind: "golang",
        package: "github.com/hashicorp/consul",
        products: &["hashicorp:consul"],
        ..RULE
    },
    Rule {
        names: &["vault"],
        patterns: &[r"revoke(?<version>[0-9]+\.[0-9]+\.[0-9]+)", r"state(?<version>[0-9]+\.[0-9]+\.[0-9]+-rc[0-9])"],
        kind: "golang",
        package: "github.com/hashicorp/vault",
        products: &["hashicorp:vault"],
        ..RULE
    },
    Rule {
        names: &["helm"],
        patterns: &[r"[\x00@]v(?<version>[0-9]+\.[0-9]+\.[0-9]+(?:-(?:alpha|beta|rc)\.[0-9])?)\x00"],
        kind: "golang",
        package: "helm.sh/helm",
        products: &["helm:helm"],
        ..RULE
    },
    // Tools and libraries of the system, where no package manager brought them.
    Rule {
        names: &["busybox"],
        patterns: &[r"BusyBox\s+v(?<version>[0-9]+\.[0-9]+\.[0-9]+)"],
        package: "busybox",
        products: &["busybox:busybox"],
        ..RULE
    },
    Rule {
        names: &["bash"],
        patterns: &[r"@\(#\)Bash version (?<version>[0-9]+\.[0-9]+\.[0-9]+)\([0-9]+\) [a-z0-9]+ GNU"],
        package: "bash",
        products: &["gnu:bash"],
        ..RULE
    },
    Rule {
        names: &["getopt"],
        patterns: &[r"\x00util-linux\s(?<version>[0-9]+\.[0-9]+(?:\.[0-9]+)?)\x00"],
        package: "util-linux",
        products: &["kernel:util-linux"],
        ..RULE
    },
    Rule {
        names: &["openssl"],
        one_of: "openssl",
        patterns: &[r"AWS-LC (?<version>[0-9]+\.[0-9]+\.[0-9]+)\)\x00"],
        package: "aws-lc",
        products: &["amazon:aws_libcrypto"],
        ..RULE
    },
    Rule {
        names: &["openssl"],
        one_of: "openssl",
        patterns: &[r"\x00OpenSSL (?<version>[0-9]+\.[0-9]+\.[0-9]+(?:[a-z]+|-(?:alpha|beta|rc)[0-9]+)?)"],
        package: "openssl",
        products: &["openssl:openssl"],
        ..RULE
    },
    Rule {
        names: &["ldapsearch"],
        patterns: &[r"\$OpenLDAP:\sldapsearch\s(?<version>[0-9]+\.[0-9]+\.[0-9]+)"],
        package: "openldap",
        products: &["openldap:openldap"],
        ..RULE
    },
    Rule {
        names: &["libkrb5.so*"],
        one_of: "krb5",
        patterns: &[r"KRB5_BRAND:\s+krb5-\S+\s+(?<version>[0-9]+(?:\.[0-9]+){1,2})\s"],
        package: "krb5",
        products: &["mit:kerberos_5"],
        ..RULE
    },
    Rule {
        names: &["libkrb5.so*"],
        one_of: "krb5",
        patterns: &[r"\$Version:\s+Heimdal\s+(?<version>[0-9]+(?:\.[0-9]+){1,2})\s"],
        package: "heimdal-krb5",
        products: &["heimdal_project:heimdal"],
        ..RULE
    },
    Rule {
        names: &["libQt*Core.so*"],
        patterns: &[
            r"\x00Qt (?<version>[0-9]+\.[0-9]+\.[0-9]+) \(",
            r"QtCore library version (?<version>[0-9]+\.[0-9]+\.[0-9]+)",
        ],
        package: "qtbase",
        products: &["qt:qt", "qt:qtbase"],
        ..RULE
    },
    Rule {
        names: &["curl"],
        patterns: &[r"curl/(?<version>[0-9]+\.[0-9]+\.[0-9]+)"],
        package: "curl",
        products: &["haxx:curl"],
        ..RULE
    },
    Rule {
        names: &["zstd"],
        patterns: &[r"\x00v(?<version>[0-9]+\.[0-9]+\.[0-9]+)\x00"],
        package: "zstd",
        products: &["facebook:zstandard"],
        ..RULE
    },
    Rule {
        names: &["xz"],
        patterns: &[r"\x00xz \(XZ Utils\) (?<version>[0-9]+\.[0-9]+\.[0-9]+)\x00"],
        package: "xz",
        products: &["tukaani:xz"],
        ..RULE
    },
    Rule {
        names: &["gzip"],
        patterns: &[r"\x00(?<version>1\.[0-9]+)\x00"],
        package: "gzip",
        products: &["gnu:gzip"],
        ..RULE
    },
    Rule {
        names: &["jq"],
        patterns: &[r"\x00(?<version>[0-9]{1,3}\.[0-9]{1,3}(?:\.[0-9]+)?)\x00"],
        package: "jq",
        products: &["jqlang:jq"],
        ..RULE
    },
    Rule {
        names: &["ffmpeg"],
        patterns: &[r"%s version (?<version>[0-9]+\.[0-9]+(?:\.[0-9]+)?)"],
        package: "ffmpeg",
        products: &["ffmpeg:ffmpeg"],
        ..RULE
    },
    Rule {
        names: &["libav*", "libswresample*"],
        patterns: &[
            r"FFmpeg version (?<version>[0-9]+\.[0-9]+(?:\.[0-9]+)?)",
            r"Lav[cf](?<version>[0-9]+\.[0-9]+\.[0-9]+)",
        ],
        package: "ffmpeg",
        products: &["ffmpeg:ffmpeg"],
        ..RULE
    },
    Rule {
        names: &["chrome"],
        patterns: &[r"\x00(?<version>[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)\x00Default"],
        package: "chrome",
        products: &["google:chrome"],
        ..RULE
    },
    Rule {
        names: &["wp"],
        any_file: true,
        patterns: &[r"wp-cli/wp-cli (?<version>[0-9]+\.[0-9]+\.[0-9]+)"],
        package: "wp-cli",
        products: &["wp-cli:wp-cli"],
        ..RULE
    },
];
