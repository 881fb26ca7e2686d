// A bridge on matrix-appservice-bridge, as its users write one: users and rooms are made when somebody asks for them, and
// each user repeats what is said to it.
//
//     node --require ./without-crypto.js main.js REGISTRATION HOMESERVER PORT
const { readFileSync } = require("node:fs");
const { AppServiceRegistration, Bridge } = require("matrix-appservice-bridge");

const [registrationFile, homeserverUrl, port] = process.argv.slice(2);
// Our registration files are JSON, which is YAML.
const registration = AppServiceRegistration.fromObject(JSON.parse(readFileSync(registrationFile, "utf8")));
const PREFIX = "@echo_";

function reply(event) {
    if (event.type === "m.room.member" && event.content.membership === "invite") {
        return bridge.getIntent(event.state_key).join(event.room_id);
    }
    if (event.type !== "m.room.message" || event.sender.startsWith(PREFIX)) return undefined;
    return bridge.getIntent(`${PREFIX}one:localhost`).sendText(event.room_id, `echo: ${event.content.body}`);
}

const bridge = new Bridge({
    homeserverUrl,
    domain: "localhost",
    registration,
    disableStores: true,
    disableContext: true,
    eventQueue: { type: "single" },
    controller: {
        onUserQuery: (user) => ({ name: `Echo of ${user.localpart}` }),
        onAliasQuery: (_, localpart) => ({
            creationOpts: { room_alias_name: localpart, preset: "public_chat", name: "A place that was wanted" },
        }),
        onAliasQueried: (_, roomId) => bridge.getIntent(`${PREFIX}one:localhost`).join(roomId),
        onEvent: (request) => {
            const done = Promise.resolve(reply(request.getData()));
            done.catch((error) => console.error("an event was not answered", error));
            request.outcomeFrom(done);
        },
        thirdPartyLookup: {
            protocols: ["echo"],
            getProtocol: () => ({
                user_fields: ["name"], location_fields: ["place"], icon: "mxc://localhost/icon",
                field_types: {
                    name: { regexp: ".+", placeholder: "one" }, place: { regexp: ".+", placeholder: "place" },
                },
                instances: [{ network_id: "cave", desc: "A cave", fields: {} }],
            }),
            getUser: (protocol, fields) => [{ protocol, userid: `${PREFIX}${fields.name}:localhost`, fields }],
        },
    },
});

bridge.run(Number(port), undefined, "127.0.0.1").then(() => console.log("listening"), (error) => {
    console.error(error);
    process.exit(1);
});
