// Loaded before everything else, so written for a Node of any age.
const oldest = 20;
if (Number(process.versions.node.split(".")[0]) < oldest) {
  console.error(`This needs Node ${oldest} or newer, and this is Node ${process.versions.node}. Azure runs Node 22.`);
  process.exit(1);
}
