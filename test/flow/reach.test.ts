import { reachesUsersWhoNeverWrote } from "./reach";

reachesUsersWhoNeverWrote("directLine");
