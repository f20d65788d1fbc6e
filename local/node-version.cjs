// Loaded before everything else, so written for any Node there ever was.
var oldest = 20;
if (Number(process.versions.node.split(".")[0]) < oldest) {
  console.error(
    "This needs Node " + oldest + " or newer, and this is Node " + process.versions.node + ". Azure runs Node 22.",
  );
  process.exit(1);
}
