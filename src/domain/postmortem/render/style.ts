/** The page's own style: system fonts, light and dark, and A4. */
export const STYLE = `
:root { color-scheme: light dark; --line: #d0d4da; --soft: #5c6672; --ask: #8a4b00; --ask-bg: #fff6e6; }
@media (prefers-color-scheme: dark) { :root { --line: #3a414a; --soft: #a0a9b4; --ask: #ffc46b; --ask-bg: #33280f; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 52rem; margin: 0 auto; padding: 2rem 1rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.25rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .4rem 0; }
.kicker { color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
.head th { width: 8rem; font-weight: 600; }
ul { padding-left: 1.2rem; margin: .4rem 0; }
li { margin: .25rem 0; }
.timeline { list-style: none; padding: 0; }
.timeline li { padding-left: .75rem; border-left: 3px solid var(--line); }
.timeline time { font-variant-numeric: tabular-nums; font-weight: 600; }
.timeline .started, .timeline .joined, .timeline .symptom { border-color: #c4392f; }
.timeline .restored, .timeline .recovered { border-color: #2b8a3e; }
.question { color: var(--ask); background: var(--ask-bg); padding: 0 .2em; border-radius: 3px; }
.facts { font-size: .75rem; }
details summary { cursor: pointer; }
@page { size: A4; margin: 18mm 16mm; }
@media print {
  body { font-size: 10.5pt; }
  main { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; }
  li, tr { break-inside: avoid; }
}
`;
