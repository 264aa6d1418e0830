package data

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// DownloadOptions says how [Archive.Download] fetches. The zero value does well.
type DownloadOptions struct {
	// Client makes the requests, http.DefaultClient if it is nil. It needs no
	// timeout: Stall is one.
	Client *http.Client
	// Progress, if set, is told how many bytes of how many are there, every few
	// kilobytes and from the goroutine that called Download.
	Progress func(done, total int64)
	// Stall is how long a server may send nothing, 30 s if it is 0.
	Stall time.Duration
	// Tries is how often in a row an address may fail without sending anything,
	// 5 if it is 0.
	Tries int
	// Wait is the pause after the first of these failures, 1 s if it is 0. It
	// doubles from one to the next.
	Wait time.Duration
}

func (o DownloadOptions) withDefaults() DownloadOptions {
	if o.Client == nil {
		o.Client = http.DefaultClient
	}
	if o.Progress == nil {
		o.Progress = func(done, total int64) {}
	}
	if o.Stall == 0 {
		o.Stall = 30 * time.Second
	}
	if o.Tries == 0 {
		o.Tries = 5
	}
	if o.Wait == 0 {
		o.Wait = time.Second
	}
	return o
}

// refusal is an answer of a server that asking again would not change.
type refusal struct {
	reason string
}

func (r *refusal) Error() string { return r.reason }

// fetch completes the file part from the first address that has it.
func (a Archive) fetch(ctx context.Context, part string, options DownloadOptions) error {
	file, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	have, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if have > a.Size {
		have = 0
	}
	f := &fetcher{a, options, file, have, have}
	var failed error
	for _, address := range a.Addresses {
		err := f.from(ctx, address)
		if err == nil {
			return file.Sync()
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w; what is there stays in %s, and the next download goes on from it", ctx.Err(), part)
		}
		if failed == nil {
			failed = fmt.Errorf("%s: %w", address, err)
		} else {
			failed = fmt.Errorf("%w; %s: %w", failed, address, err)
		}
	}
	return failed
}

// fetcher is a download under way.
type fetcher struct {
	archive Archive
	options DownloadOptions
	file    *os.File
	have    int64 // bytes that are there
	old     int64 // bytes of these that another address or an earlier download left
}

// from completes the file from one address and checks its sum.
func (f *fetcher) from(ctx context.Context, address string) error {
	for {
		if err := f.complete(ctx, address); err != nil {
			f.old = f.have
			return err
		}
		old := f.old
		err := f.verify()
		if err == nil || old == 0 {
			return err
		}
		// What was there before may be at fault: once more from the start.
	}
}

// complete asks an address until the file has all its bytes.
func (f *fetcher) complete(ctx context.Context, address string) error {
	failures, wait := 0, f.options.Wait
	for f.have < f.archive.Size {
		before := f.have
		err := f.request(ctx, address)
		var refused *refusal
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
		case errors.As(err, &refused):
			return err
		case f.have > before:
			failures, wait = 0, f.options.Wait
		default:
			if failures++; failures >= f.options.Tries {
				return fmt.Errorf("%w, %d times", err, failures)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(wait):
			}
			wait *= 2
		}
	}
	f.options.Progress(f.have, f.archive.Size)
	return nil
}

// verify checks the file's sum, and discards the file if it is wrong.
func (f *fetcher) verify() error {
	digest := md5.New()
	if _, err := io.Copy(digest, io.NewSectionReader(f.file, 0, f.archive.Size)); err != nil {
		return err
	}
	got := hex.EncodeToString(digest.Sum(nil))
	if got == f.archive.MD5 {
		return nil
	}
	if err := f.restart(); err != nil {
		return err
	}
	return &refusal{fmt.Sprintf("MD5 sum is %s, that of the published archive %s", got, f.archive.MD5)}
}

// restart discards what is there.
func (f *fetcher) restart() error {
	f.have, f.old = 0, 0
	return f.file.Truncate(0)
}

// request asks once for what is missing and keeps what comes. It returns nil if
// the file is complete.
func (f *fetcher) request(ctx context.Context, address string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := time.AfterFunc(f.options.Stall, func() {
		cancel(fmt.Errorf("server sent nothing for %v", f.options.Stall))
	})
	defer stall.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return &refusal{err.Error()}
	}
	request.Header.Set("Accept-Encoding", "identity") // the sum is that of the packed bytes
	if f.have > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", f.have))
	}
	response, err := f.options.Client.Do(request)
	if err != nil {
		return causeOr(ctx, err)
	}
	defer response.Body.Close()
	if err := f.begin(response); err != nil {
		return err
	}
	buffer := make([]byte, 64<<10)
	for {
		n, err := response.Body.Read(buffer)
		stall.Reset(f.options.Stall)
		if f.have+int64(n) > f.archive.Size {
			return errors.Join(f.restart(), &refusal{fmt.Sprintf("server sends more than the archive's %d bytes", f.archive.Size)})
		}
		if _, err := f.file.WriteAt(buffer[:n], f.have); err != nil {
			return &refusal{err.Error()}
		}
		f.have += int64(n)
		if err == nil {
			f.options.Progress(f.have, f.archive.Size)
			continue
		}
		if f.have == f.archive.Size {
			return nil
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("cut off after %d of %d bytes: %w", f.have, f.archive.Size, causeOr(ctx, err))
	}
}

// begin makes the file ready for a response's body.
func (f *fetcher) begin(response *http.Response) error {
	switch code := response.StatusCode; {
	case code == http.StatusOK:
		if n := response.ContentLength; n >= 0 && n != f.archive.Size {
			return &refusal{fmt.Sprintf("server offers %d bytes, the published archive has %d", n, f.archive.Size)}
		}
		return f.restart()
	case code == http.StatusPartialContent:
		var start, end, total int64
		_, err := fmt.Sscanf(response.Header.Get("Content-Range"), "bytes %d-%d/%d", &start, &end, &total)
		if err == nil && start == f.have && total == f.archive.Size {
			return nil
		}
		return errors.Join(f.restart(), fmt.Errorf("server answers with the range %q", response.Header.Get("Content-Range")))
	case code == http.StatusRequestedRangeNotSatisfiable:
		return errors.Join(f.restart(), errors.New("server does not have as many bytes as are here"))
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		return fmt.Errorf("server says %s", response.Status)
	default:
		return &refusal{"server says " + response.Status}
	}
}

// causeOr returns why ctx was cancelled, or else err.
func causeOr(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
