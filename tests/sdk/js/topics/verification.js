// Interactive verification by short authentication strings, in a room and between own devices.

import assert from "node:assert/strict";
import {
    CryptoEvent,
    VerificationPhase,
    VerifierEvent,
} from "matrix-js-sdk/lib/crypto-api/index.js";
import { until, within } from "../lib/until.js";

/** Two people compare emoji in a room that both are in. */
export async function verifyPeople(report, roomId, alice, bob) {
    await report.step("alice and bob verify each other by SAS", async () => {
        await sas(() => alice.crypto.requestVerificationDM(bob.userId, roomId), bob);
        for (const [one, other] of [[alice, bob], [bob, alice]]) {
            await until(`${one.name} to trust ${other.name}`, async () =>
                (await one.crypto.getUserVerificationStatus(other.userId)).isCrossSigningVerified(),
            );
        }
    });
    await report.step("their devices are trusted through that", async () => {
        await until("bob's device to be trusted", async () =>
            (await alice.crypto.getDeviceVerificationStatus(bob.userId, bob.deviceId))?.crossSigningVerified,
        );
    });
}

/** A new device of a person is verified from an old one, and receives the private keys from it. */
export async function verifyOwnDevice(report, old, fresh) {
    await report.step(`${fresh.name} is verified by SAS from ${old.name}'s device`, async () => {
        await old.knows(fresh);
        await sas(() => fresh.crypto.requestOwnUserVerification(), old);
        const seen = await until("the old device to trust the new one", async () => {
            const status = await old.crypto.getDeviceVerificationStatus(old.userId, fresh.deviceId);
            return status?.crossSigningVerified && status;
        });
        assert.ok(seen.signedByOwner);
    });
    await report.step(`${fresh.name} receives the private cross-signing keys`, async () => {
        await until("all three private keys", async () => {
            const { privateKeysCachedLocally: keys } = await fresh.crypto.getCrossSigningStatus();
            return keys.masterKey && keys.selfSigningKey && keys.userSigningKey;
        });
        assert.ok(await fresh.crypto.isCrossSigningReady());
    });
    await report.step(`${fresh.name} receives the backup's key`, async () => {
        await until("the backup key", () => fresh.crypto.getSessionBackupPrivateKey());
    });
}

/** Runs one SAS verification to its end on both sides; the two must be shown the same emoji. */
async function sas(begin, other) {
    const arrived = new Promise((resolve) => {
        other.client.once(CryptoEvent.VerificationRequestReceived, resolve);
    });
    const outgoing = await begin();
    const incoming = await within("the request", arrived);
    await incoming.accept();
    await phase(outgoing, VerificationPhase.Ready);
    const ours = await outgoing.startVerification("m.sas.v1");
    const theirs = await until("the other side to be started", () => incoming.verifier);
    const finished = Promise.all([shown(ours), shown(theirs)]).then(async ([here, there]) => {
        assert.equal(here.sas.emoji.length, 7);
        assert.deepEqual(here.sas.emoji, there.sas.emoji);
        await Promise.all([here.confirm(), there.confirm()]);
    });
    await within("the verification", Promise.all([ours.verify(), theirs.verify(), finished]));
    await phase(outgoing, VerificationPhase.Done);
    await phase(incoming, VerificationPhase.Done);
}

function shown(verifier) {
    const already = verifier.getShowSasCallbacks();
    if (already !== null) return already;
    return new Promise((resolve) => verifier.once(VerifierEvent.ShowSas, resolve));
}

function phase(request, wanted) {
    return until(`verification phase ${VerificationPhase[wanted]}`, () => {
        if (request.phase === VerificationPhase.Cancelled) throw new Error(`cancelled: ${request.cancellationCode}`);
        return request.phase === wanted;
    });
}
