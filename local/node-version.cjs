// Loaded before everything else, so written for a Node of any age.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 17)) {
  console.error(`This needs Node 20.17 or newer, and this is Node ${process.versions.node}. Azure runs Node 22.`);
  process.exit(1);
}
