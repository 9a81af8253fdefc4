/** Part of pdf.js. */
interface Viewport {
  readonly width: number;
  readonly height: number;
}

export interface PdfPage {
  getViewport(options: { scale: number }): Viewport;
  render(options: { canvas: HTMLCanvasElement; viewport: Viewport; transform: number[] | null }): { promise: Promise<void> };
  streamTextContent(): ReadableStream;
}

export interface PdfDocument {
  readonly numPages: number;
  /** Returns a page, from 1. */
  getPage(number: number): Promise<PdfPage>;
  destroy(): Promise<void>;
}

export declare const GlobalWorkerOptions: { workerSrc: string };

export declare function getDocument(options: {
  url: string;
  httpHeaders: Record<string, string>;
  cMapUrl: string;
  cMapPacked: boolean;
  standardFontDataUrl: string;
  wasmUrl: string;
  iccUrl: string;
  verbosity: number;
  enableXfa: boolean;
}): { promise: Promise<PdfDocument> };

export declare class TextLayer {
  constructor(options: { textContentSource: ReadableStream; container: HTMLElement; viewport: Viewport });
  render(): Promise<void>;
}
