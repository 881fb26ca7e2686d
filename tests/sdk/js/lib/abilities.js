// What the server under test serves of the parts that clients can do without.

/** Whether it serves relations, which a client with threads asks for (specification: "Relationships"). */
export async function servesRelations(url) {
    const answer = await fetch(`${url}/_matrix/client/v1/rooms/!none:localhost/relations/$none`);
    const { errcode } = await answer.json();
    return errcode !== "M_UNRECOGNIZED";
}
