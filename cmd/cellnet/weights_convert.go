package main

import (
	"fmt"
	"strings"

	"cellnet/cell"
	"cellnet/internal/usage"
	"cellnet/weights"

	"github.com/spf13/cobra"
)

func newWeightsConvertCommand(a *app) *cobra.Command {
	var format, arch string
	var force bool
	var flags networkFlags
	var space cell.Space
	cmd := &cobra.Command{
		Use:   "convert IN OUT",
		Short: "Write the weights of a file in another format",
		Long: `Write the weights of a file in another format.

The format is that of OUT's extension, .pth (or .pt) for PyTorch's zip format or
.safetensors, unless --format tells it. What IN tells about the network is
written with it.`,
		Example: `  cellnet weights convert net.pth net.safetensors
  cellnet weights convert net.pth old.pth --format legacy
  cellnet weights convert 000157-FULL.pth 157.pth --hp 200 --trial cifar10:777
  cellnet weights convert bare.pth named.pth --arch 11`,
		Args: wantArgs("IN", "OUT"),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.convertWeights(args[0], args[1], format, space, arch, force, flags)
		},
	}
	addForceFlag(cmd.Flags(), &force)
	flags.add(cmd)
	addSpaceFlag(cmd, &space)
	cmd.Flags().StringVar(&format, "format", "", "write this format: legacy, zip or safetensors")
	cmd.Flags().StringVar(&arch, "arch", "", "check that the weights are those of a network of this `ARCH`, and note it in OUT")
	return cmd
}

func (a *app) convertWeights(in, out, formatName string, space cell.Space, arch string, force bool, flags networkFlags) error {
	format, err := weights.FormatOf(out)
	if formatName != "" {
		format, err = weights.ParseFormat(formatName)
	}
	if err != nil {
		return usage.Errorf("writing %s: %w; or use --format", out, err)
	}
	if err := checkWeights(force, out, format, in); err != nil {
		return err
	}
	selector, err := flags.selector()
	if err != nil {
		return err
	}
	var given cell.Arch
	if arch != "" {
		if given, err = parseArch(space, arch); err != nil {
			return err
		}
		noteOrder(a.stderr, given)
		selector.Arch = given.String()
	}
	f, err := weights.OpenFile(in)
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := flags.choose(f, selector)
	if err != nil {
		return err
	}
	state, err := n.Load()
	if err != nil {
		return err
	}
	if bad := state.NonFinite(); len(bad) > 0 {
		a.say("cellnet: warning: %s: NaN or infinite numbers in %s", in, strings.Join(quoted(bad), ", "))
	}
	entries := a.entriesFor(f, n, format)
	if arch != "" {
		if err := checkArch(given, n, state); err != nil {
			return fmt.Errorf("weights %s: %w", in, err)
		}
		if n.Arch == "" {
			entries = append([]weights.Entry{{Name: "arch", Value: weights.Text(given.String())}}, entries...)
		}
	}
	if err := weights.WriteFile(out, format, state, entries...); err != nil {
		return err
	}
	return nil
}

// entriesFor gives what is written beside the tensors: the entries of a
// checkpoint, or what a record of trials tells about the chosen one.
func (a *app) entriesFor(f *weights.File, n *weights.Network, format weights.Format) []weights.Entry {
	if len(f.Entries()) == 0 {
		if n.Arch == "" && n.Dataset == "" {
			return nil // a bare state dict stays one
		}
		return n.Description.Entries()
	}
	var entries []weights.Entry
	var left []string
	for _, name := range f.Entries() {
		v, err := f.Entry(name)
		if err == nil && format == weights.Safetensors {
			switch v.(type) {
			case weights.Text, weights.Int, weights.Float, weights.Flag:
			default:
				err = fmt.Errorf("entry %s is no text", name)
			}
		}
		if err == nil && !weights.Writable(v) {
			err = fmt.Errorf("entry %s has a value of which only the class is known", name)
		}
		if err != nil {
			left = append(left, name)
			continue
		}
		entries = append(entries, weights.Entry{Name: name, Value: v})
	}
	if len(left) > 0 {
		a.say("cellnet: warning: the format %v cannot keep these entries: %s", format, strings.Join(quoted(left), ", "))
	}
	return entries
}
