import { guid } from "../names";
import { resourceType } from "../resource-type";

export const roleAssignment = resourceType({
  id: "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
  autoname: guid,
});
