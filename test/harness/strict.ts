/** What the tests start local clouds with. A fork that declares something without a body here empties it, or gives that a body. */
export const strict = ["--strict"];
