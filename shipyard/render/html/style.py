"""How the pages look: one column, for phones too, bright or dark as their reader has it."""

from shipyard.render.drawing import STYLE as DRAWING

# Colours by what they are for. Each pair of text and ground has a contrast of 4.5 at least (WCAG 2.2, 1.4.3).
_COLOURS = """\
:root {
  color-scheme: light dark;
  --ground: #ffffff; --panel: #f6f8fa; --line: #d5dbe1; --text: #1c2126; --quiet: #5a636d; --link: #1a5aa8;
  --good: #1a6b3c; --change: #855000; --bad: #b3261e; --repair: #7a3e9d; --job: #0b6470; --bar: #a9c4e4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14191f; --panel: #1e252d; --line: #38424d; --text: #e8ebee; --quiet: #aab4bf;
    --link: #8fbcf5; --good: #74cf9b; --change: #eeb75c; --bad: #ff9c93; --repair: #d0a8f0; --job: #70cbd8;
    --bar: #37577d;
  }
}
"""
_PAGE = """\
* { box-sizing: border-box }
html { background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif }
body { margin: 0 auto; max-width: 76rem; padding: 1rem clamp(1rem, 4vw, 2.5rem) 4rem }
h1, h2, h3, p, li, dd, td, summary { overflow-wrap: anywhere }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0 .25rem }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .75rem; padding-bottom: .35rem;
  border-bottom: 1px solid var(--line) }
h3 { font-size: 1rem; margin: 0 }
p { margin: .25rem 0 } ul, ol { margin: .25rem 0; padding-left: 1.25rem }
a { color: var(--link); text-underline-offset: .15em }
code { font: .9em ui-monospace, monospace; background: var(--panel); padding: .1em .3em; border-radius: 4px }
code, pre { overflow-wrap: anywhere; white-space: pre-wrap }
summary { cursor: pointer; color: var(--link); padding: .25rem 0 }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px }
:target { outline: 2px solid var(--link); outline-offset: 4px; border-radius: 4px; scroll-margin-top: 1rem }
.quiet { color: var(--quiet) } .lead { font-size: 1.1rem }
nav ul, .names { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem }
nav a { display: inline-block; padding: .25rem 0 }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px }
.scroll svg { display: block; margin: 0 auto }
footer { margin-top: 3rem; color: var(--quiet); font-size: .9rem }
"""
_PARTS = """\
.changes, .wide { list-style: none; padding: 0; display: grid; gap: .75rem;
  grid-template-columns: repeat(auto-fill, minmax(min(28rem, 100%), 1fr)) }
.changes > li, .box { border: 1px solid var(--line); border-left: 4px solid var(--tone, var(--line));
  border-radius: 6px; padding: .6rem .9rem; min-width: 0 }
.changes h3 { color: var(--tone); display: flex; flex-wrap: wrap; justify-content: space-between;
  gap: 0 1rem } h3 code { background: none; padding: 0; font: inherit }
.changes small { color: var(--quiet); font-weight: 400 }
.sign { font: 600 1em ui-monospace, monospace; margin-right: .35em }
.good { --tone: var(--good) } .change { --tone: var(--change) } .bad { --tone: var(--bad) }
.repair { --tone: var(--repair) } .job { --tone: var(--job) }
.state { color: var(--tone); font-weight: 600 }
.grid { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr));
  list-style: none; padding: 0 }
dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .1rem .9rem; margin: .4rem 0 0 }
dt { color: var(--quiet) } dd { margin: 0 }
.layers { list-style: none; padding: 0; display: grid; gap: .5rem; margin: .5rem 0 }
.layers li { display: grid; grid-template-columns: 5rem minmax(0, 1fr); gap: 0 .75rem; align-items: center }
.layers b { font-weight: 600; text-align: right } .layers p { grid-column: 2; font-size: .9rem }
.bar { height: .8rem; background: var(--bar); border-radius: 3px; min-width: 2px }
.graph .good rect { stroke: var(--good) } .graph .change rect { stroke: var(--change) }
.graph .bad rect { stroke: var(--bad) } .graph .repair rect { stroke: var(--repair) }
.graph .job rect { stroke: var(--job) }
.graph .good rect, .graph .change rect, .graph .bad rect, .graph .repair rect, .graph .job rect {
  stroke-width: 2.5 }
.graph .good text.mark, .graph .change text.mark, .graph .bad text.mark, .graph .repair text.mark,
.graph .job text.mark { fill: var(--tone); font-weight: 600 }
.graph a:focus-visible rect { stroke: var(--link); stroke-width: 4 } .graph a:hover rect { stroke-width: 3 }
.graph a:focus-visible { outline: none }
@media print { .scroll { overflow: visible } }
"""
STYLE = _COLOURS + _PAGE + _PARTS + DRAWING
