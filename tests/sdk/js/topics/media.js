// A picture is sent: in the clear with a thumbnail, or as an encrypted attachment.

import assert from "node:assert/strict";
import { download, downloadEncrypted, upload, uploadEncrypted } from "../lib/attachment.js";
import { png } from "../lib/picture.js";

/** Alice sends bob a picture; bob fetches it, a stranger without a token does not. */
export async function share(report, roomId, alice, bob, { encrypted }) {
    const picture = png(320);
    await report.step(encrypted ? "bob opens alice's encrypted picture" : "bob sees alice's picture", async () => {
        const content = { msgtype: "m.image", body: "gradient.png", info: { mimetype: "image/png", w: 320, h: 320 } };
        if (encrypted) content.file = await uploadEncrypted(alice, picture);
        else content.url = await upload(alice, picture, "image/png", "gradient.png");
        const { event_id: id } = await alice.client.sendMessage(roomId, content);
        const seen = (await bob.sees(roomId, id)).getContent();
        assert.equal(seen.msgtype, "m.image");
        const got = encrypted
            ? await downloadEncrypted(bob, seen.file)
            : Buffer.from(await (await download(bob, seen.url)).arrayBuffer());
        assert.ok(picture.equals(got), "the bytes differ");
    });
    if (encrypted) return;
    await report.step("a picture is not given out without a token", async () => {
        const uri = await upload(alice, picture, "image/png", "gradient.png");
        const answer = await download(bob, uri, {});
        assert.equal(answer.status, 401);
        assert.equal((await answer.json()).errcode, "M_MISSING_TOKEN");
    });
    await report.step("bob fetches a thumbnail that is a smaller picture", () => thumbnail(alice, bob, picture));
}

async function thumbnail(alice, bob, picture) {
    const uri = await upload(alice, picture, "image/png", "gradient.png");
    const url = bob.client.mxcUrlToHttp(uri, 96, 96, "scale", false, true, true);
    const answer = await fetch(url, { headers: { Authorization: `Bearer ${bob.client.getAccessToken()}` } });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-type"), /^image\/(png|jpeg|webp)$/);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.ok(bytes.length > 0 && !picture.equals(bytes), "the thumbnail is the original");
}
