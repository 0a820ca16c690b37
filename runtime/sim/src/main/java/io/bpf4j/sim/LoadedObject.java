package io.bpf4j.sim;

import io.bpf4j.netns.ObjectMaps;
import io.bpf4j.prog.BpfObject;
import io.bpf4j.sim.scenario.BtfLayouts;

/// An object of a scenario with its maps.
///
/// @param name the scenario's name for it
/// @param object what the file holds, with the sizes of maps that the scenario gives
/// @param maps its maps
/// @param layouts the C types of their keys and values
record LoadedObject(String name, BpfObject object, ObjectMaps maps, BtfLayouts layouts) {}
