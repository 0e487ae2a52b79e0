//! The style of all pages.

/// One style sheet. Colours are named by what they mean, for light and for dark.
pub(super) const STYLE: &str = "<style>
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--text:#16191d;--soft:#57606a;--line:#d8dee4;--track:#e6e9ed;--link:#0a58ca;
--critical:#9f1239;--high:#c2410c;--medium:#946200;--low:#1d5fd1;--negligible:#5b6673;--unknown:#6d3fc4;
--pass:#176f3a;--warn:#8a5a00;--fail:#b3202c;--fix:#176f3a;--gone:#8b949e;--on:#fff}
@media(prefers-color-scheme:dark){:root{--page:#0f1216;--card:#171b21;--text:#e6e9ed;--soft:#9aa4af;--line:#2d343d;--track:#262d35;--link:#79b8ff;
--critical:#ff6b8b;--high:#ff9559;--medium:#e9bd3d;--low:#6ea8ff;--negligible:#9aa4af;--unknown:#bfa3ff;
--pass:#57c785;--warn:#e9bd3d;--fail:#ff7b84;--fix:#57c785;--gone:#6e7781;--on:#101418}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif;overflow-wrap:anywhere}
main{max-width:1120px;margin:0 auto;padding:24px 20px 48px}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 4px}h2{font-size:1.1rem;margin:0 0 12px}h3{font-size:1rem;margin:16px 0 6px}
p{margin:0 0 10px}a{color:var(--link)}code,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.875em}
section,.head{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin:0 0 16px}
.soft{color:var(--soft)}.small{font-size:.875rem}
.cards{display:grid;grid-template-columns:1fr 1fr;gap:0 16px}.cards>section{min-width:0}
.badge,.chip{display:inline-block;border-radius:999px;color:var(--on);font-weight:600;white-space:nowrap}
.badge{padding:3px 14px;font-size:1rem;margin:0 0 10px}.chip{padding:1px 9px;font-size:.78rem}
.plain{background:none;color:var(--soft);border:1px solid var(--line)}
.critical{background:var(--critical);fill:var(--critical)}.high{background:var(--high);fill:var(--high)}.medium{background:var(--medium);fill:var(--medium)}
.low{background:var(--low);fill:var(--low)}.negligible{background:var(--negligible);fill:var(--negligible)}.unknown{background:var(--unknown);fill:var(--unknown)}
.pass,.excepted{background:var(--pass)}.warn{background:var(--warn)}.fail,.error{background:var(--fail)}
.rows{display:grid;grid-template-columns:auto minmax(60px,1fr) auto;gap:8px 12px;align-items:center}
.rows>*{margin:0}.rows+p{margin-top:10px}.rows .amount{text-align:right;font-variant-numeric:tabular-nums}
.bar{display:block;width:100%;height:16px;border-radius:4px}.track{fill:var(--track)}.dim{opacity:.45}.gone{fill:var(--gone);opacity:.45}
.mark{stroke:var(--text);stroke-width:2;vector-effect:non-scaling-stroke}
.ring{width:120px;height:120px;flex:none}.ring circle{fill:none;stroke-width:5;transform:rotate(-90deg);transform-origin:center}
.ring .track{stroke:var(--track)}.ring .fix{stroke:var(--fix)}.ring text{fill:var(--text);font:700 9px system-ui,sans-serif;text-anchor:middle;dominant-baseline:central}
.beside{display:flex;gap:20px;align-items:center}
.time{display:block;overflow:visible}.axis{stroke:var(--line);stroke-width:2}.ends{display:flex;justify-content:space-between;gap:12px}
.point{fill:var(--pass);stroke:var(--card);stroke-width:2}.promoted{fill:var(--low)}.loud{fill:var(--fail)}.claimed{fill:var(--card);stroke:var(--soft)}
.life{list-style:none;padding:0}.life>li{border-left:3px solid var(--line);padding:0 0 6px 16px;margin:0 0 14px}.life>li.loud,.alarm{border-color:var(--fail)}.life h3,.life p{margin:0 0 6px}
.alarm{border-width:3px}.alarm h2{color:var(--fail)}
dl{display:grid;grid-template-columns:minmax(6em,auto) 1fr;gap:2px 14px;margin:0 0 8px}dt{color:var(--soft)}dd{margin:0;min-width:0}
ul,ol{margin:0;padding-left:20px}li{margin:0 0 8px}ul.none{list-style:none;padding:0}
table{width:100%;border-collapse:collapse;font-size:.9rem}th{text-align:left;color:var(--soft);font-weight:600;white-space:nowrap}
th,td{padding:8px 10px;border-bottom:1px solid var(--line);vertical-align:top}tr:last-child td{border-bottom:0}td{min-width:6.5em}th:first-child,td:first-child{padding-left:0}
details{margin:4px 0 0}summary{cursor:pointer;color:var(--soft)}
@media(max-width:720px){main{padding:12px 10px 32px}section,.head{padding:14px}.cards{grid-template-columns:1fr}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}table,tbody,tr{display:block}td{display:grid;grid-template-columns:6.2em 1fr;gap:8px;padding:3px 0;border:0}
td:has(>div:empty){display:none}td::before{content:attr(data-name);color:var(--soft);font-size:.8rem;padding-top:2px}td>div{min-width:0}
tr{padding:10px 0;border-bottom:1px solid var(--line)}tr:last-child{border-bottom:0}.beside{gap:14px}.ring{width:92px;height:92px}}
@media print{body{background:#fff}section,.head{break-inside:avoid}}
</style>";
