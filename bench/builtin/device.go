package builtin

import (
	"fmt"
	"strings"
)

// Device is a cost on a device, measured or estimated by HW-NAS-Bench.
type Device uint8

// The costs: latencies in milliseconds, energies in millijoules.
const (
	EdgeGPULatency Device = iota + 1
	EdgeGPUEnergy
	Raspi4Latency
	EdgeTPULatency
	Pixel3Latency
	EyerissLatency
	EyerissEnergy
	FPGALatency
	FPGAEnergy
)

var deviceNames = [...]string{
	EdgeGPULatency: "edgegpu_latency", EdgeGPUEnergy: "edgegpu_energy",
	Raspi4Latency: "raspi4_latency", EdgeTPULatency: "edgetpu_latency", Pixel3Latency: "pixel3_latency",
	EyerissLatency: "eyeriss_latency", EyerissEnergy: "eyeriss_energy",
	FPGALatency: "fpga_latency", FPGAEnergy: "fpga_energy",
}

// Devices lists all of them in the table's order.
func Devices() []Device {
	all := make([]Device, 0, len(deviceNames)-1)
	for d := EdgeGPULatency; d <= FPGAEnergy; d++ {
		all = append(all, d)
	}
	return all
}

// ParseDevice returns the device cost of a name such as "raspi4_latency".
func ParseDevice(name string) (Device, error) {
	for _, d := range Devices() {
		if d.String() == name {
			return d, nil
		}
	}
	return 0, fmt.Errorf("unknown device cost %.40q, want one of %s", name, strings.Join(deviceNames[1:], ", "))
}

// String gives the name, such as "raspi4_latency".
func (d Device) String() string {
	if d < EdgeGPULatency || d > FPGAEnergy {
		return fmt.Sprintf("Device(%d)", uint8(d))
	}
	return deviceNames[d]
}

// Unit is "ms" or "mJ".
func (d Device) Unit() string {
	if strings.HasSuffix(d.String(), "energy") {
		return "mJ"
	}
	return "ms"
}
