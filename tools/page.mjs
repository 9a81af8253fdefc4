// Makes the page's script and style small: node tools/page.mjs <script> <to> <style> <to>
import { readFileSync, writeFileSync } from 'node:fs';
import { bundle } from 'lightningcss';
import { minify } from 'terser';

const [script, scriptTo, style, styleTo] = process.argv.slice(2);

const { code } = await minify(readFileSync(script, 'utf8'), { module: true, compress: true, mangle: true });
writeFileSync(scriptTo, code);

// The oldest browsers that the page is for. They have `color-mix`; what they lack (`light-dark`, nesting) is written out for them.
const version = (major, minor = 0) => (major << 16) | (minor << 8);
const targets = { chrome: version(111), edge: version(111), firefox: version(115), safari: version(16, 4), ios_saf: version(16, 4) };
writeFileSync(styleTo, bundle({ filename: style, minify: true, targets }).code);
