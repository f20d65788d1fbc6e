/** Azure's built-in roles that the program assigns: learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export const roles = {
  keyVaultSecretsUser: "4633458b-17de-408a-b874-0445c86b69e6",
  blobDataOwner: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
  metricsPublisher: "3913510d-42f4-4e42-8a64-420c390055eb",
  queueDataContributor: "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
  queueDataReader: "19e7f393-937e-4f77-808e-94535e297925",
  queueMessageSender: "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a",
  tableDataContributor: "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
};

export type Role = keyof typeof roles;
