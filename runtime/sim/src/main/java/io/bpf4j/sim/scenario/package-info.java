/// Scenarios: the file that says which sockets, maps, programs and traffic a simulation has, and
/// what is expected of it.
///
/// [io.bpf4j.sim.scenario.ScenarioReader] turns the file into a [io.bpf4j.sim.scenario.Scenario],
/// plain data in which every name refers to something. Nothing is opened but the file itself; what
/// needs an object (programs, maps, their keys) keeps its place in the file for later messages.
@NullMarked
package io.bpf4j.sim.scenario;

import org.jspecify.annotations.NullMarked;
