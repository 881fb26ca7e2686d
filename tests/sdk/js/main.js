// node main.js URL: two people with real clients hold a conversation on any Matrix homeserver.

import { servesDelayedEvents, servesProfiles, servesRelations, servesWindow } from "./lib/abilities.js";
import { interlude } from "./lib/interlude.js";
import { quiet } from "./lib/logger.js";
import { Person } from "./lib/person.js";
import { Report } from "./lib/report.js";
import { printUnrecognized } from "./lib/unrecognized.js";
import { backedUp, restore } from "./topics/backup.js";
import { call } from "./topics/calls.js";
import { converse } from "./topics/conversation.js";
import { bootstrapIdentity, bootstrapRecovery } from "./topics/identity.js";
import { knock } from "./topics/knock.js";
import { share } from "./topics/media.js";
import { notice } from "./topics/notices.js";
import { meet } from "./topics/rooms.js";
import { find } from "./topics/search.js";
import { explore } from "./topics/spaces.js";
import { show } from "./topics/status.js";
import { verifyOwnDevice, verifyPeople } from "./topics/verification.js";
import { watch } from "./topics/window.js";

const url = process.argv[2];
if (url === undefined) {
    console.error("usage: main.js URL");
    process.exit(2);
}
quiet();

const threads = await servesRelations(url);
const report = new Report();
const people = [];
const present = (name, arriving) =>
    report.need(`${name} comes and syncs`, async () => {
        const person = await arriving();
        people.push(person);
        return person.start();
    });
const meanwhile = interlude(report, people);
const newcomer = (name) => present(name, () => Person.register(url, name, threads));

async function inRoom(name, alice, bob, encrypted) {
    const roomId = await meet(report, alice, bob, { name, encrypted });
    const said = await converse(report, roomId, alice, bob, meanwhile);
    await notice(report, roomId, alice, bob);
    await share(report, roomId, alice, bob, { encrypted });
    return { roomId, name, said };
}

async function devices(alice, bob, recoveryKey, { roomId, said }) {
    await report.topic("a second device restores the key backup", async () => {
        const held = await backedUp(report, alice);
        const name = "alice's second device";
        const fresh = await present(name, () => alice.secondDevice(name));
        await meanwhile();
        await restore(report, { old: alice, fresh, recoveryKey, held }, roomId, said);
    });
    await report.topic("a third device is verified by SAS", async () => {
        const name = "alice's third device";
        const third = await present(name, () => alice.secondDevice(name));
        await verifyOwnDevice(report, alice, third);
        await meanwhile();
        await report.step("the third device reads what bob writes now", async () => {
            await bob.knows(third);
            const { event_id: id } = await bob.client.sendMessage(roomId, { msgtype: "m.text", body: "all three" });
            for (const person of people.filter((one) => one.userId === alice.userId)) await person.sees(roomId, id);
        });
    });
}

await report.topic("a session", async () => {
    const alice = await newcomer("alice");
    const bob = await newcomer("bob");
    let recoveryKey;
    await report.topic("identities", async () => {
        await bootstrapIdentity(report, alice);
        await bootstrapIdentity(report, bob);
        recoveryKey = await bootstrapRecovery(report, alice);
    });
    const rooms = {};
    await report.topic("a clear room", async () => {
        rooms.clear = await inRoom("In the open", alice, bob, false);
    });
    await report.topic("an encrypted room", async () => {
        const met = await inRoom("Between us", alice, bob, true);
        rooms.encrypted = met;
        await report.topic("verification", () => verifyPeople(report, met.roomId, alice, bob));
        await devices(alice, bob, recoveryKey, met);
    });
    await report.topic("sliding sync", async () => {
        if (!(await servesWindow(url))) return report.skip("a sliding window", "the server has no sliding sync yet");
        const name = "bob's second device";
        const sliding = await present(name, () => bob.secondDevice(name, { sliding: true }));
        return watch(report, alice, bob, sliding, rooms, meanwhile);
    });
    await report.topic("knocking", async () => knock(report, alice, await newcomer("carol"), meanwhile));
    await report.topic("spaces", () => explore(report, alice, bob, meanwhile));
    await report.topic("search", () => find(report, rooms.clear.roomId, alice, bob, meanwhile));
    await report.topic("statuses", async () => {
        if (!(await servesProfiles(url))) return report.skip("a status", "the server's sync tells of no profiles yet");
        return show(report, alice, bob, () => newcomer("erin"), meanwhile);
    });
    await report.topic("calls", async () => {
        if (!(await servesDelayedEvents(url))) return report.skip("a call", "the server has no delayed events yet");
        return call(report, await newcomer("dora"), bob, meanwhile);
    });
});
for (const person of people) person.stop();
printUnrecognized();
process.exit(report.finish());
