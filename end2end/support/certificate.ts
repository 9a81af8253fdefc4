/** A self-signed certificate for 127.0.0.1. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Writes the certificate and its key, as PEM files. */
export async function certify(certificate: string, key: string): Promise<void> {
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key];
  await promisify(execFile)('openssl', ['req', '-x509', '-days', '2', ...made, '-out', certificate, ...subject]);
}
