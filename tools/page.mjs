// Makes the page's script and style small: node tools/page.mjs <script> <to> <style> <to>
import { readFileSync, writeFileSync } from 'node:fs';
import { minify } from 'terser';
import { small } from './style.mjs';

const [script, scriptTo, style, styleTo] = process.argv.slice(2);

// Without the classes of streams, whose exports tools/unused.mjs removes from the program.
const used = readFileSync(script, 'utf8')
  .replace(/^export class IntoUnderlying[^]*?^}\nif \(Symbol\.dispose\).*\n/gm, '')
  .replace(/^const IntoUnderlying\w+ = .*\n.*\n.*;\n/gm, '');
if (used.includes('IntoUnderlying')) throw new Error('the classes of streams look otherwise than expected');

const { code } = await minify(used, { module: true, compress: true, mangle: true });
writeFileSync(scriptTo, code);
writeFileSync(styleTo, await small(style));
