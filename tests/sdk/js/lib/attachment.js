// Files in rooms: uploaded, fetched through the authenticated endpoint, encrypted where the room is
// (specification: "Sending encrypted attachments", AES-CTR with a SHA-256 of the ciphertext).

import assert from "node:assert/strict";
import { createHash, webcrypto } from "node:crypto";

const { subtle } = webcrypto;
const unpadded = (bytes) => Buffer.from(bytes).toString("base64").replace(/=+$/, "");

/** Uploads `bytes` in the clear and returns the content URI. */
export async function upload(person, bytes, type, name) {
    const blob = new Blob([bytes], { type });
    const { content_uri: uri } = await person.client.uploadContent(blob, { type, name });
    assert.match(uri, /^mxc:\/\/[^/]+\/[^/]+$/);
    return uri;
}

/** Uploads `bytes` encrypted and returns the `EncryptedFile` of the event's `file` key. */
export async function uploadEncrypted(person, bytes) {
    const key = await subtle.generateKey({ name: "AES-CTR", length: 256 }, true, ["encrypt", "decrypt"]);
    const iv = new Uint8Array(16);
    webcrypto.getRandomValues(iv.subarray(0, 8));
    const sealed = Buffer.from(await subtle.encrypt({ name: "AES-CTR", counter: iv, length: 64 }, key, bytes));
    const url = await upload(person, sealed, "application/octet-stream");
    const hashes = { sha256: unpadded(createHash("sha256").update(sealed).digest()) };
    return { v: "v2", url, key: await subtle.exportKey("jwk", key), iv: unpadded(iv), hashes };
}

/** Fetches a content URI as `person`, through `/_matrix/client/v1/media/download`. */
export async function download(person, uri, headers = undefined) {
    const url = person.client.mxcUrlToHttp(uri, undefined, undefined, undefined, false, true, true);
    assert.ok(url.includes("/_matrix/client/v1/media/download/"), url);
    const own = { Authorization: `Bearer ${person.client.getAccessToken()}` };
    return fetch(url, { headers: headers ?? own });
}

/** Fetches and opens an `EncryptedFile`, checking the hash first. */
export async function downloadEncrypted(person, file) {
    const sealed = Buffer.from(await (await download(person, file.url)).arrayBuffer());
    assert.equal(unpadded(createHash("sha256").update(sealed).digest()), file.hashes.sha256);
    const key = await subtle.importKey("jwk", file.key, { name: "AES-CTR" }, false, ["decrypt"]);
    const counter = Buffer.from(file.iv, "base64");
    return Buffer.from(await subtle.decrypt({ name: "AES-CTR", counter, length: 64 }, key, sealed));
}
