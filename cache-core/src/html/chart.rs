//! Charts as inline SVG. Their words stand beside them, in HTML, so that they keep their size on any screen.

use super::Html;

/// A part of a whole.
pub(crate) struct Part {
    /// The style class that gives the colour.
    pub(crate) class: &'static str,
    /// How much.
    pub(crate) amount: usize,
}

/// A bar of several parts over the width that there is. `scale` is what the full width stands for; `mark` draws a line, as for
/// a limit.
pub(crate) fn bar(html: &mut Html, title: &str, parts: &[Part], scale: usize, mark: Option<usize>) {
    let place = |amount: usize| amount.min(scale) as f64 * 1000.0 / scale.max(1) as f64;
    let attributes = [("class", "bar"), ("viewBox", "0 0 1000 20"), ("preserveAspectRatio", "none"), ("role", "img")];
    html.element("svg", &attributes, |html| {
        html.leaf("title", &[], title);
        rectangle(html, "track", 0.0, 1000.0);
        let mut from = 0_usize;
        for part in parts.iter().filter(|part| part.amount > 0) {
            let to = from.saturating_add(part.amount);
            rectangle(html, part.class, place(from), place(to) - place(from));
            from = to;
        }
        if let Some(mark) = mark.filter(|mark| *mark <= scale) {
            let at = number(place(mark));
            html.element("line", &[("class", "mark"), ("x1", &at), ("x2", &at), ("y1", "0"), ("y2", "20")], |_| {});
        }
    });
}

fn rectangle(html: &mut Html, class: &str, x: f64, width: f64) {
    let (x, width) = (number(x), number(width));
    html.element("rect", &[("class", class), ("x", &x), ("width", &width), ("height", "20")], |_| {});
}

/// A ring of two parts, with the share of the first in its middle.
pub(crate) fn ring(html: &mut Html, title: &str, class: &str, part: usize, whole: usize) {
    const AROUND: f64 = 100.0;
    let share = if whole == 0 { 0.0 } else { part.min(whole) as f64 * AROUND / whole as f64 };
    // The radius whose circle is a hundred long.
    let circle = [("cx", "20"), ("cy", "20"), ("r", "15.9155")];
    html.element("svg", &[("class", "ring"), ("viewBox", "0 0 40 40"), ("role", "img")], |html| {
        html.leaf("title", &[], title);
        html.element("circle", &[circle[0], circle[1], circle[2], ("class", "track")], |_| {});
        let dashes = format!("{} {}", number(share), number(AROUND - share));
        let drawn = [circle[0], circle[1], circle[2], ("class", class), ("stroke-dasharray", &*dashes)];
        html.element("circle", &drawn, |_| {});
        html.leaf("text", &[("x", "20"), ("y", "20")], &format!("{:.0}%", share.floor()));
    });
}

/// A moment on a line of time.
pub(crate) struct Point {
    /// The style classes that give the colour.
    pub(crate) class: &'static str,
    /// Where it is: 0 at the beginning, 1 at the end.
    pub(crate) at: f64,
    /// What it is; shown when somebody points at it.
    pub(crate) title: String,
}

/// A line of time over the width that there is.
pub(crate) fn timeline(html: &mut Html, title: &str, points: &[Point]) {
    let attributes = [("class", "time"), ("width", "100%"), ("height", "36"), ("role", "img")];
    html.element("svg", &attributes, |html| {
        html.leaf("title", &[], title);
        html.element("line", &[("class", "axis"), ("x1", "2%"), ("x2", "98%"), ("y1", "18"), ("y2", "18")], |_| {});
        for point in points {
            let x = format!("{}%", number(2.0 + point.at.clamp(0.0, 1.0) * 96.0));
            html.element("circle", &[("class", point.class), ("cx", &x), ("cy", "18"), ("r", "7")], |html| {
                html.leaf("title", &[], &point.title);
            });
        }
    });
}

fn number(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_and_rings_stay_within_their_frame() {
        let mut html = Html::default();
        bar(&mut html, "t", &[Part { class: "a", amount: 3 }, Part { class: "b", amount: 9 }], 4, Some(1));
        assert!(
            html.out.contains(r#"class="a" x="0" width="750""#)
                && html.out.contains(r#"class="b" x="750" width="250""#)
        );
        assert!(html.out.contains(r#"x1="250""#));
        let mut html = Html::default();
        ring(&mut html, "t", "a", 1, 3);
        assert!(html.out.contains(r#"stroke-dasharray="33.33 66.67""#) && html.out.contains(">33%<"));
        let mut html = Html::default();
        ring(&mut html, "t", "a", 0, 0);
        bar(&mut html, "t", &[], 0, Some(0));
        assert!(!html.out.contains("NaN"));
    }

    #[test]
    fn numbers_that_do_not_fit_together_are_drawn_all_the_same() {
        let mut html = Html::default();
        bar(&mut html, "t", &[Part { class: "a", amount: usize::MAX }, Part { class: "b", amount: 1 }], 4, None);
        ring(&mut html, "t", "c", 3, 1);
        assert!(html.out.contains(r#"class="b" x="1000" width="0""#) && html.out.contains(">100%<"));
    }
}
