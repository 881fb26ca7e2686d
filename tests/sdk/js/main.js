// node main.js URL: two people with real clients hold a conversation on any Matrix homeserver.

import { quiet } from "./lib/logger.js";
import { Person } from "./lib/person.js";
import { Report } from "./lib/report.js";
import { backedUp, restore } from "./topics/backup.js";
import { converse } from "./topics/conversation.js";
import { bootstrapIdentity, bootstrapRecovery } from "./topics/identity.js";
import { knock } from "./topics/knock.js";
import { share } from "./topics/media.js";
import { notice } from "./topics/notices.js";
import { meet } from "./topics/rooms.js";
import { verifyOwnDevice, verifyPeople } from "./topics/verification.js";

const url = process.argv[2];
if (url === undefined) {
    console.error("usage: main.js URL");
    process.exit(2);
}
quiet();

const report = new Report();
const people = [];
const present = async (person) => {
    people.push(await person.start());
    return person;
};

async function inRoom(name, alice, bob, encrypted) {
    const roomId = await meet(report, alice, bob, { name, encrypted });
    const said = await converse(report, roomId, alice, bob);
    await notice(report, roomId, alice, bob);
    await share(report, roomId, alice, bob, { encrypted });
    return { roomId, said };
}

async function devices(alice, bob, recoveryKey, { roomId, said }) {
    await report.topic("a second device restores the key backup", async () => {
        const held = await backedUp(report, alice);
        const fresh = await present(await alice.secondDevice("alice's second device"));
        await restore(report, { old: alice, fresh, recoveryKey, held }, roomId, said);
    });
    await report.topic("a third device is verified by SAS", async () => {
        const third = await present(await alice.secondDevice("alice's third device"));
        await verifyOwnDevice(report, alice, third);
        await report.step("the third device reads what bob writes now", async () => {
            const { event_id: id } = await bob.client.sendMessage(roomId, { msgtype: "m.text", body: "all three" });
            for (const person of people.filter((one) => one.userId === alice.userId)) await person.sees(roomId, id);
        });
    });
}

await report.topic("a session", async () => {
    const alice = await present(await Person.register(url, "alice"));
    const bob = await present(await Person.register(url, "bob"));
    let recoveryKey;
    await report.topic("identities", async () => {
        await bootstrapIdentity(report, alice);
        await bootstrapIdentity(report, bob);
        recoveryKey = await bootstrapRecovery(report, alice);
    });
    await report.topic("a clear room", () => inRoom("In the open", alice, bob, false));
    await report.topic("an encrypted room", async () => {
        const met = await inRoom("Between us", alice, bob, true);
        await report.topic("verification", () => verifyPeople(report, met.roomId, alice, bob));
        await devices(alice, bob, recoveryKey, met);
    });
    await report.topic("knocking", async () => knock(report, alice, await present(await Person.register(url, "carol"))));
});
for (const person of people) person.stop();
process.exit(report.finish());
