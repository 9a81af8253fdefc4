/** What is used of tus-js-client 4, which is a script and tells its functions to the window. */
export interface Request {
  setHeader(name: string, value: string): void;
}

export interface Response {
  getStatus(): number;
  getBody(): string;
}

export interface DetailedError extends Error {
  originalResponse: Response | null;
  causingError: Error | null;
}

export interface Options {
  endpoint: string;
  uploadUrl: string | null;
  metadata: Record<string, string>;
  chunkSize: number;
  retryDelays: number[];
  storeFingerprintForResuming: boolean;
  onBeforeRequest: (request: Request) => Promise<void>;
  onUploadUrlAvailable: () => void;
  onProgress: (sent: number) => void;
  onSuccess: () => void;
  onShouldRetry: (error: DetailedError) => boolean;
  onError: (error: DetailedError) => void;
}

export declare class Upload {
  constructor(file: File, options: Options);
  readonly url: string | null;
  readonly options: Options;
  start(): void;
  abort(): Promise<void>;
}

declare global {
  interface Window {
    tus: { Upload: typeof Upload };
  }
}
