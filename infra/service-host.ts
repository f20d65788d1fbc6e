import { z } from "zod";

const label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
const exactHost = `${label}(\\.${label})*`;
// Two labels at least behind the star, so that nobody allows a whole top-level domain.
const anyHostBelow = `\\*(\\.${label}){2,}`;

/** An entry of the allow-list: a host, or `*.suffix` for every host below it, with a port where it is not 443. */
export const serviceHost = z
  .string("must be a host")
  .regex(
    new RegExp(`^(${exactHost}|${anyHostBelow})(:\\d{1,5})?$`),
    "must be a host in lower case such as bots.example.com, or *.example.com for all below it, each with :port if it is not 443",
  );
