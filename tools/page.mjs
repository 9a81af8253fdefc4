// Makes the page's script and style small: node tools/page.mjs <script> <to> <style> <to>
import { readFileSync, writeFileSync } from 'node:fs';
import { minify } from 'terser';
import { small } from './style.mjs';

const [script, scriptTo, style, styleTo] = process.argv.slice(2);

const { code } = await minify(readFileSync(script, 'utf8'), { module: true, compress: true, mangle: true });
writeFileSync(scriptTo, code);
writeFileSync(styleTo, await small(style));
