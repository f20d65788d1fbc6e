import { namesOf } from "../../infra/names";
import { projectName } from "../../local/project";

/** The names of this project's resources, as its stacks have them. */
export const names = namesOf(projectName);
