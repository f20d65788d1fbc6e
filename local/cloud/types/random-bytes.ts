import { randomBytes as random } from "node:crypto";
import { guid } from "../names";
import { resourceType } from "../resource-type";

export const randomBytes = resourceType<{ length: number }>({
  id: "{id}",
  autoname: guid,
  inputs: ["length", "keepers"],
  required: ["length"],
  replaces: ["length", "keepers"],
  create({ inputs }) {
    const bytes = random(inputs.length);
    return { base64: bytes.toString("base64"), hex: bytes.toString("hex") };
  },
});
