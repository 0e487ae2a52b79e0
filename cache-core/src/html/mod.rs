//! Pages for people: a writer that escapes whatever it is given, and the style that all pages share.
//!
//! A page is one file: no script, nothing that is fetched, light or dark as the reader's machine is.

mod chart;
mod style;

pub(crate) use chart::{Part, Point, bar, ring, timeline};

use crate::visible;

/// An element's attributes: the names are ours, the values may be anybody's.
pub(crate) type Attributes<'a> = &'a [(&'static str, &'a str)];

/// HTML as it is written. Text and values are escaped, names are constants, and each element is closed.
#[derive(Default)]
pub(crate) struct Html {
    out: String,
}

impl Html {
    /// A whole page. The title is also that of the window.
    pub(crate) fn page(title: &str, body: impl FnOnce(&mut Html)) -> String {
        let mut html = Html::default();
        html.out.push_str("<!doctype html>\n");
        html.element("html", &[("lang", "en")], |html| {
            html.element("head", &[], |html| {
                html.void("meta", &[("charset", "utf-8")]);
                html.void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]);
                // Whatever slipped in could neither run nor fetch anything.
                let nothing = "default-src 'none'; style-src 'unsafe-inline'";
                html.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", nothing)]);
                html.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
                html.element("title", &[], |html| html.text(title));
                html.out.push_str(style::STYLE);
            });
            html.out.push('\n');
            html.element("body", &[], |html| html.element("main", &[], body));
        });
        html.out.push('\n');
        html.out
    }

    /// An element with what is in it.
    pub(crate) fn element(&mut self, name: &'static str, attributes: Attributes<'_>, inner: impl FnOnce(&mut Html)) {
        self.void(name, attributes);
        inner(self);
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        if matches!(
            name,
            "p" | "li"
                | "tr"
                | "section"
                | "h1"
                | "h2"
                | "h3"
                | "ul"
                | "ol"
                | "table"
                | "details"
                | "div"
                | "dl"
                | "dd"
        ) {
            self.out.push('\n');
        }
    }

    /// An element with text in it.
    pub(crate) fn leaf(&mut self, name: &'static str, attributes: Attributes<'_>, text: &str) {
        self.element(name, attributes, |html| html.text(text));
    }

    /// The start of an element; all there is of one that has no end.
    pub(crate) fn void(&mut self, name: &'static str, attributes: Attributes<'_>) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.escaped(value);
            self.out.push('"');
        }
        self.out.push('>');
    }

    /// Text.
    pub(crate) fn text(&mut self, text: &str) {
        self.escaped(text);
    }

    /// A part of the page with a heading.
    pub(crate) fn section(&mut self, heading: &str, inner: impl FnOnce(&mut Html)) {
        self.element("section", &[], |html| {
            html.leaf("h2", &[], heading);
            inner(html);
        });
    }

    /// A table; on a narrow screen each row becomes a block whose cells are named.
    pub(crate) fn table<R>(&mut self, names: &[&str], rows: impl Iterator<Item = R>, row: impl Fn(&mut Row<'_>, R)) {
        self.element("table", &[], |html| {
            html.element("thead", &[], |html| {
                html.element("tr", &[], |html| {
                    names.iter().for_each(|name| html.leaf("th", &[("scope", "col")], name));
                });
            });
            html.element("tbody", &[], |html| {
                for one in rows {
                    html.element("tr", &[], |html| row(&mut Row { html, names, at: 0 }, one));
                }
            });
        });
    }

    fn escaped(&mut self, text: &str) {
        for c in visible::line(text).chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                c => self.out.push(c),
            }
        }
    }
}

/// A row of a table.
pub(crate) struct Row<'h> {
    html: &'h mut Html,
    names: &'h [&'h str],
    at: usize,
}

impl Row<'_> {
    /// The next cell.
    pub(crate) fn cell(&mut self, inner: impl FnOnce(&mut Html)) {
        let name = self.names.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        self.html.element("td", &[("data-name", name)], |html| html.element("div", &[], inner));
    }

    /// The next cell, with text in it.
    pub(crate) fn text(&mut self, text: &str) {
        self.cell(|html| html.text(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_comes_from_outside_is_text() {
        let hostile = "\"><script>alert('x')</script>\u{202e}&\u{0}";
        let page = Html::page(hostile, |html| {
            html.leaf("p", &[("title", hostile)], hostile);
            html.table(&["a"], [hostile].into_iter(), |row, text| row.text(text));
        });
        assert!(!page.contains("<script") && !page.contains("alert('x')") && !page.contains('\u{202e}'));
        assert_eq!(page.matches("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;\u{fffd}&amp;\u{fffd}").count(), 4);
    }

    #[test]
    fn a_page_stands_alone() {
        let page = Html::page("t", |html| html.text("x"));
        assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">") && page.ends_with("</main></body></html>\n"));
        for outside in ["src=", "href=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
