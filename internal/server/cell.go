package server

import (
	"bytes"
	"fmt"
	"net/http"

	"cellnet/bench"
	"cellnet/cell"
	"cellnet/cell/draw"
	"cellnet/internal/query"
)

// cellForm is what the picture of a cell takes.
func cellForm() query.Form { return query.Form{Name: "cell.svg", Needs: []query.Param{query.Index}} }

// drawCell sends the picture of an architecture's cell.
func (a *api) drawCell(w http.ResponseWriter, r *http.Request) {
	values, err := parametersOf(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	args, err := cellForm().Parse(values)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	index, err := args.IndexIn(a.b)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	c, err := cellOf(a.b, index)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	var buf bytes.Buffer
	if err := draw.SVG(&buf, draw.Cell(c)); err != nil {
		a.fail(w, r, err)
		return
	}
	send(w, "image/svg+xml", buf.Bytes())
}

// cellOf gives the cell of an architecture.
func cellOf(b *bench.Benchmark, index int) (cell.Cell, error) {
	text, err := b.ArchString(index)
	if err != nil {
		return cell.Cell{}, err
	}
	arch, err := cell.ParseArch(text)
	if err != nil {
		return cell.Cell{}, fmt.Errorf("architecture %d: %w", index, err)
	}
	return arch.Cell(), nil
}
