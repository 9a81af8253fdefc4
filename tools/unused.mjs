// Empties functions that the page never calls, but that the compiler can't leave out: node tools/unused.mjs <program>…
//
// Leptos makes a view hydrate in two ways. The page uses one of them, `hydrate_body`. The table of functions of each view names both, so that
// the linker keeps the other one, which is a future for each view: 6 % of the program. An emptied function traps if it is called after all.
//
// `server_fn` turns Rust streams into streams of JavaScript, for which it exports three classes. The page sends and reads no such streams.
import { readFileSync, writeFileSync } from 'node:fs';
import binaryen from 'binaryen';

// The futures' own functions, by their mangled names. What they call may be used: the compiler merges functions that are alike.
const UNUSED = /hydrate_async(?:28_\$u7b\$\$u7b\$closure\$u7d\$\$u7d\$)+17h[0-9a-f]{16}E$/;
// The exports of those classes.
const STREAMS = /^(__wbg_)?intounderlying(source|sink|bytesource)_/;

// Keeps the functions' names, by which wasm-opt sorts them.
binaryen.setDebugInfo(true);
let count = 0;
let exports = 0;
for (const path of process.argv.slice(2)) {
  const program = binaryen.readBinary(readFileSync(path));
  for (let at = 0; at < program.getNumFunctions(); at += 1) {
    const unused = binaryen.getFunctionInfo(program.getFunctionByIndex(at));
    if (unused.module || !UNUSED.test(unused.name)) continue;
    binaryen.Function.setBody(program.getFunctionByIndex(at), program.unreachable());
    count += 1;
  }
  for (let at = program.getNumExports() - 1; at >= 0; at -= 1) {
    const { name } = binaryen.getExportInfo(program.getExportByIndex(at));
    if (!STREAMS.test(name)) continue;
    program.removeExport(name);
    exports += 1;
  }
  writeFileSync(path, program.emitBinary());
  program.dispose();
}
if (count === 0) throw new Error('no function was emptied: were they renamed?');
if (exports === 0) throw new Error('no export of a stream was removed: were they renamed?');
