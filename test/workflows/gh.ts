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
  issues?: Issue[];
}

export interface Issue {
  number: number;
  title: string;
  state: "open" | "closed";
  user: { login: string };
  body: string;
  /** Texts. */
  comments: string[];
}

const bot = { login: "github-actions[bot]" };
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
  [`api --paginate ${repository}/issues?state=open&per_page=100 --jq *`]: (filter) =>
    print(
      issues().filter(({ state }) => state === "open"),
      filter,
    ),
  [`api --method POST ${repository}/issues --field title=* --field body=@* --silent`]: (title = "", file = "") =>
    change({ number: issues().length + 100, title, state: "open", user: bot, body: text(file), comments: [] }),
  [`api --method PATCH ${repository}/issues/* --field body=@* --silent`]: (number, file = "") =>
    change({ ...issue(number), body: text(file) }),
  [`api --method PATCH ${repository}/issues/* --field state=closed --field state_reason=completed --silent`]: (
    number,
  ) => change({ ...issue(number), state: "closed" }),
  [`api --method POST ${repository}/issues/*/comments --field body=@* --silent`]: (number, file = "") => {
    const found = issue(number);
    change({ ...found, comments: [...found.comments, text(file)] });
  },
};

function issues(): Issue[] {
  return gitHub.issues ?? [];
}

function issue(number = ""): Issue {
  const found = issues().find((one) => one.number === Number(number));
  if (!found) throw new Error(`There is no issue ${number}`);
  return found;
}

function change(changed: Issue): void {
  const others = issues().filter(({ number }) => number !== changed.number);
  writeFileSync(file, JSON.stringify({ ...gitHub, issues: [...others, changed] }));
}

function text(file: string): string {
  return readFileSync(file, "utf8");
}

function print(value: unknown, filter = "."): void {
  process.stdout.write(execFileSync("jq", ["--raw-output", filter], { input: JSON.stringify(value) }));
}

/** @param field `body=@file` */
function write(id: number, field = ""): void {
  const body = readFileSync(field.replace("body=@", ""), "utf8");
  const others = gitHub.comments.filter((comment) => comment.id !== id);
  const comments = [...others, { id, user: bot, body }];
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
