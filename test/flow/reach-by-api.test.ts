import { reachesUsersWhoNeverWrote } from "./reach";

reachesUsersWhoNeverWrote("api");
