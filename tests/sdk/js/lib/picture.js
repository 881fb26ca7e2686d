// A small PNG made here, so that the server's thumbnailer decodes a real picture.

import { crc32, deflateSync } from "node:zlib";

function chunk(type, data) {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const framed = Buffer.alloc(body.length + 8);
    framed.writeUInt32BE(data.length, 0);
    body.copy(framed, 4);
    framed.writeUInt32BE(crc32(body), body.length + 4);
    return framed;
}

/** An RGB picture of `size` × `size` pixels with a diagonal gradient. */
export function png(size) {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(size, 0);
    header.writeUInt32BE(size, 4);
    header.set([8, 2, 0, 0, 0], 8);
    const rows = Buffer.alloc(size * (1 + size * 3));
    for (let y = 0; y < size; y += 1) {
        for (let x = 0; x < size; x += 1) {
            rows.set([(x * 255) / size, (y * 255) / size, 128], y * (1 + size * 3) + 1 + x * 3);
        }
    }
    const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    const parts = [chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))];
    return Buffer.concat([signature, ...parts]);
}
