package source

import (
	"context"
	"io"

	"cellnet/bench/record"
	"cellnet/internal/pickle"
	"cellnet/weights"
)

// Until gives records whose reading ends with ctx's error when ctx is done.
func Until(ctx context.Context, r Records) Records { return &until{r, ctx} }

type until struct {
	Records
	ctx context.Context
}

func (u *until) ArchStrings() ([]string, error) {
	if err := u.ctx.Err(); err != nil {
		return nil, err
	}
	return u.Records.ArchStrings()
}

func (u *until) Evaluated() ([]int, error) {
	if err := u.ctx.Err(); err != nil {
		return nil, err
	}
	return u.Records.Evaluated()
}

func (u *until) Architecture(index int) (*record.Architecture, error) {
	if err := u.ctx.Err(); err != nil {
		return nil, err
	}
	return u.Records.Architecture(index)
}

func (u *until) Root() (*pickle.Dict, error) {
	if err := u.ctx.Err(); err != nil {
		return nil, err
	}
	return u.Records.Root()
}

func (u *until) Weights(index int, hp record.HP, t *record.Trial) (*weights.File, weights.Selector, error) {
	if err := u.ctx.Err(); err != nil {
		return nil, weights.Selector{}, err
	}
	return u.Records.Weights(index, hp, t)
}

// ReadUntil gives a reader that ends with ctx's error when ctx is done.
func ReadUntil(ctx context.Context, r io.ReaderAt) io.ReaderAt { return &readUntil{r, ctx} }

type readUntil struct {
	io.ReaderAt
	ctx context.Context
}

func (r *readUntil) ReadAt(p []byte, offset int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.ReaderAt.ReadAt(p, offset)
}
