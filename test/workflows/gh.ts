/**
 * The GitHub CLI as far as the workflows use it, on a file. Anything else it refuses.
 * GH_ON_FILE: a file with JSON of `GitHub`; what scripts ask GitHub to do is added to it.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

export interface GitHub {
  /** The open pull requests, as the REST API shows them. */
  pulls: { number: number; labels: { name: string }[] }[];
  comments: { id: number; user: { login: string }; body: string }[];
}

const file = process.env.GH_ON_FILE ?? "";
const gitHub: GitHub = JSON.parse(readFileSync(file, "utf8"));
const repository = `repos/${process.env.GITHUB_REPOSITORY}`;

/** By the command's form, a `*` for each value. */
const commands: Record<string, (...values: string[]) => void> = {
  [`api --paginate ${repository}/pulls?state=open&per_page=100 --jq *`]: (filter) => print(gitHub.pulls, filter),
  [`api --paginate ${repository}/issues/7/comments --jq *`]: (filter) => print(gitHub.comments, filter),
  [`api --method POST ${repository}/issues/7/comments --field * --silent`]: (field) =>
    write(gitHub.comments.length + 1, field),
  [`api --method PATCH ${repository}/issues/comments/* --field * --silent`]: (id, field) => write(Number(id), field),
};

function print(value: unknown, filter = "."): void {
  process.stdout.write(execFileSync("jq", ["--raw-output", filter], { input: JSON.stringify(value) }));
}

/** @param field `body=@file` */
function write(id: number, field = ""): void {
  const body = readFileSync(field.replace("body=@", ""), "utf8");
  const others = gitHub.comments.filter((comment) => comment.id !== id);
  const comments = [...others, { id, user: { login: "github-actions[bot]" }, body }];
  writeFileSync(file, JSON.stringify({ ...gitHub, comments }));
}

function main(args: string[]): void {
  if (!process.env.GH_TOKEN) throw new Error("gh needs GH_TOKEN");
  for (const [form, command] of Object.entries(commands)) {
    const pattern = new RegExp(`^${form.replace(/[.?\\/&]/g, "\\$&").replaceAll("*", "(.+)")}$`, "s");
    const values = pattern.exec(args.join(" "))?.slice(1);
    if (!values) continue;
    command(...values);
    return;
  }
  throw new Error(`This gh knows no such command: gh ${args.join(" ")}`);
}

main(process.argv.slice(2));
