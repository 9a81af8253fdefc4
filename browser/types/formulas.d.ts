/** Part of the module that wasm-bindgen generates from `app/formulas`. */

/** Loads the program. */
export default function init(options: { module_or_path: URL }): Promise<unknown>;

/** Returns LaTeX as MathML, or `undefined` if it has an error. */
export function mathml(source: string, display: boolean): string | undefined;
