import { ArmHand } from "./arm-hand";
import { EngineProject } from "./engine-project";
import { Pulumi, type PulumiStack } from "./pulumi";
import { RunningCloud } from "./running-cloud";

/** What tests on the engine stand on: a checkout, a cloud with real apps, Pulumi between the two, and a hand in the cloud. */
export class EngineStage {
  private constructor(
    readonly project: EngineProject,
    readonly cloud: RunningCloud,
    readonly hand: ArmHand,
    private readonly pulumi: Pulumi,
  ) {}

  static async open(): Promise<EngineStage> {
    const project = EngineProject.make();
    let cloud: RunningCloud | undefined;
    try {
      cloud = await RunningCloud.start();
      const hand = await ArmHand.of(cloud.description);
      return new EngineStage(project, cloud, hand, await Pulumi.open(project, cloud.description.env));
    } catch (error) {
      await cloud?.stop();
      project.remove();
      throw error;
    }
  }

  /** A new stack, configured for this cloud. */
  stack(name: string): Promise<PulumiStack> {
    return this.pulumi.stack(name, this.cloud.description.config);
  }

  async close(): Promise<void> {
    await this.cloud.stop();
    this.project.remove();
  }
}
