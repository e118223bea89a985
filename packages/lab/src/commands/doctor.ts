/** `fibril-lab doctor`: what this machine has for the lab, and what each missing thing would add. */
import { type Command, Option } from "commander";
import { doctor, DOCTOR_FORMATS, type DoctorFormat } from "../doctor/doctor.js";

export function addDoctor(program: Command): void {
  const command = program
    .command("doctor")
    .description("what this machine has for the lab, and what each missing thing would add")
    .addOption(
      new Option("--format <name>", "of the output").choices(DOCTOR_FORMATS).default("table"),
    );
  command.action(async () => {
    const { format } = command.opts<{ format: DoctorFormat }>();
    process.stdout.write(await doctor(format));
  });
}
