const status = { building: 1, failed: 3, success: 4 };

/** One deployment, in the format of the SCM site (Kudu's DeployResult). */
export class Deployment {
  private status = status.building;
  private problem = "";

  constructor(
    readonly id: string,
    work: Promise<void>,
  ) {
    work.then(
      () => {
        this.status = status.success;
      },
      (error) => {
        this.status = status.failed;
        this.problem = (error as Error).message;
      },
    );
  }

  get complete(): boolean {
    return this.status !== status.building;
  }

  describe() {
    return { id: this.id, status: this.status, status_text: this.problem, complete: this.complete };
  }

  log() {
    return [{ log_time: new Date().toISOString(), message: this.problem || "Deployment successful.", type: 0 }];
  }
}
