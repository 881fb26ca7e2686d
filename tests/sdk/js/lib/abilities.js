// What the server under test serves of the parts that clients can do without.

/** Whether it serves relations, which a client with threads asks for (specification: "Relationships"). */
export const servesRelations = (url) => serves(url, "GET", "/_matrix/client/v1/rooms/!none:localhost/relations/$none");

/** Whether it serves simplified sliding sync (MSC4186). */
export const servesWindow = (url) =>
    serves(url, "POST", "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync");

/** Whether it serves delayed events (MSC4140), which whoever is in a call holds on by. */
export const servesDelayedEvents = (url) => says(url, "org.matrix.msc4140");

/** Whether its sync tells of profiles (MSC4429). */
export const servesProfiles = (url) => says(url, "org.matrix.msc4429");

async function says(url, feature) {
    const { unstable_features: features } = await (await fetch(`${url}/_matrix/client/versions`)).json();
    return features?.[feature] === true;
}

async function serves(url, method, path) {
    const answer = await fetch(url + path, { method });
    const { errcode } = await answer.json();
    return errcode !== "M_UNRECOGNIZED";
}
