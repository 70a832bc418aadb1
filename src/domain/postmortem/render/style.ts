/** The page's own style: system fonts, light and dark, phones, and A4 in black and white too. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --back: #fff; --line: #d0d4da; --soft: #57606a; --ask: #7a4100; --ask-bg: #fff3dc; --bad: #b3261e; --good: #1e7d34; --note: #f4f6f8; --edit: #1f5fa8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --back: #15181c; --line: #3a414a; --soft: #a0a9b4; --ask: #ffcf85; --ask-bg: #33280f; --bad: #ff7b72; --good: #56d364; --note: #1d2228; --edit: #79b8ff; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; color: var(--ink); background: var(--back); }
main { max-width: 54rem; margin: 0 auto; padding: 2rem 1rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.25rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .45rem 0; }
.kicker { color: var(--soft); margin-bottom: 1rem; }
#section-summary p { font-size: 1.06rem; }
figure { margin: 1rem 0; overflow-x: auto; }
figcaption { color: var(--soft); font-size: .9rem; }
.chart { display: block; width: 100%; min-width: 36rem; height: auto; }
@media (prefers-color-scheme: dark) { .chart text { fill: var(--ink); } .chart path[stroke="#3b434d"] { stroke: var(--ink); } .chart path[stroke="#12355b"] { stroke: #5b8fd0; } .chart rect[fill="#12355b"], .chart path[fill="#12355b"] { fill: #5b8fd0; } }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-size: .85rem; }
.head th { width: 7rem; font-weight: 600; }
.gaps { min-width: 32rem; } .gaps tbody th { font-weight: 400; }
ul { padding-left: 1.2rem; margin: .45rem 0; }
li { margin: .3rem 0; }
.timeline { list-style: none; padding: 0; }
.timeline li { padding: .1rem 0 .1rem .75rem; border-left: 3px solid var(--line); margin: .15rem 0; }
.timeline time { font-variant-numeric: tabular-nums; font-weight: 600; }
.timeline .started, .timeline .joined, .timeline .symptom { border-left-color: var(--bad); }
.timeline .restored, .timeline .recovered { border-left-color: var(--good); }
.timeline .unobserved { border-left-style: dotted; }
.timeline .unknown { border-left-style: dashed; border-left-color: var(--ask); }
#section-action-items ul { list-style: none; padding: 0; }
#section-action-items li { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .75rem; margin: .5rem 0; }
.question { color: var(--ask); background: var(--ask-bg); padding: 0 .2em; border-radius: 3px; -webkit-box-decoration-break: clone; box-decoration-break: clone; }
[data-origin="edited"], [data-origin="human"] { border-left: 3px solid var(--edit); padding-left: .6rem; }
[data-stale] { border-left: 3px double var(--ask); background: var(--note); padding-left: .6rem; }
.facts { font-size: .75rem; min-width: 44rem; }
details summary { cursor: pointer; padding: .5rem 0; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--edit); outline-offset: 2px; }
@page { size: A4; margin: 18mm 16mm 20mm; @bottom-right { content: counter(page) " / " counter(pages); font: 9pt sans-serif; } @bottom-left { content: "Postmortem"; font: 9pt sans-serif; } }
@media print {
  :root { color-scheme: light; --ink: #000; --back: #fff; --line: #bbb; --soft: #444; --ask: #000; --ask-bg: #eee; --note: #f2f2f2; }
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; }
  li, tr, figure { break-inside: avoid; }
  thead { display: table-header-group; }
  .question { font-style: italic; }
  .chart, .gaps, .facts { min-width: 0; }
  .wide, figure { overflow: visible; }
}
`;
