// Uploads a file, in blocks if it is large: Azure ends a request after 230 seconds.
import { put } from '../api.js';

const blockBytes = 50 * 2 ** 20; // sent within three minutes at 2.5 Mbit/s
const type = 'application/octet-stream';

/**
 * Uploads a file and resolves to the response.
 * @param path The call that takes the file, or the number of its blocks.
 * @param blockPath The path of the blocks.
 * @param onProgress Called with the share that is sent.
 */
export async function uploadFile(path, blockPath, file, query, onProgress) {
  if (file.size <= blockBytes) return put(path, file, { query, type });
  const [upload, blocks] = [`page-${Date.now()}`, Math.ceil(file.size / blockBytes)];
  for (let block = 0; block < blocks; block++) {
    onProgress(block / blocks);
    await put(`${blockPath}/${upload}/${block}`, file.slice(block * blockBytes, (block + 1) * blockBytes), { type });
  }
  return put(path, null, { query: { ...query, upload, blocks } });
}

/** The text of a button while a file is uploaded. */
export const uploading = sent => `Uploading … ${sent ? `${Math.round(sent * 100)}%` : ''}`;
