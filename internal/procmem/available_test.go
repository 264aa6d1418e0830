package procmem

import (
	"errors"
	"testing"
	"testing/fstest"
)

func TestAvailable(t *testing.T) {
	const meminfo = "MemTotal: 2000 kB\nMemFree: 10 kB\nMemAvailable:   1000 kB\nSwapFree: 24 kB\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  float64
		ok    bool
	}{
		"another system": {nil, 0, false},
		"an old kernel":  {map[string]string{"proc/meminfo": "MemTotal: 2000 kB\n"}, 0, false},
		"no groups":      {map[string]string{"proc/meminfo": meminfo}, 1024 * 1024, true},
		"unlimited": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a\n",
			"sys/fs/cgroup/a/memory.max": "max\n", "sys/fs/cgroup/a/memory.current": "5\n",
		}, 1024 * 1024, true},
		"a group above": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "900000\n", "sys/fs/cgroup/a/b/memory.current": "1000\n",
			"sys/fs/cgroup/a/memory.max": "50000\n", "sys/fs/cgroup/a/memory.current": "40000\n",
			"sys/fs/cgroup/a/memory.stat": "anon 9\ninactive_file 5000\nactive_file 7\n",
		}, 15000, true},
		"the first version, in another namespace": {map[string]string{
			"proc/meminfo": meminfo, "proc/self/cgroup": "9:name=systemd:/\n4:memory:/docker/x\n0::/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "70000\n", "sys/fs/cgroup/memory/memory.usage_in_bytes": "30000\n",
			"sys/fs/cgroup/memory/memory.stat": "inactive_file 1\ntotal_inactive_file 500\n",
		}, 40500, true},
		"above its limit": {map[string]string{
			"proc/self/cgroup":         "0::/\n",
			"sys/fs/cgroup/memory.max": "10\n", "sys/fs/cgroup/memory.current": "11\n",
		}, 0, true},
	} {
		system := fstest.MapFS{}
		for path, content := range c.files {
			system[path] = &fstest.MapFile{Data: []byte(content)}
		}
		if got, ok := available(system); got != c.want || ok != c.ok {
			t.Errorf("%s: %g bytes, %v, want %g, %v", name, got, ok, c.want, c.ok)
		}
	}
}

func TestRequire(t *testing.T) {
	skipElsewhere(t)
	if err := Require("a test", 1); err != nil {
		t.Error(err)
	}
	var short *ShortError
	if err := Require("a test", 1e18); !errors.As(err, &short) || short.Available < 1e6 || short.Available > 1e15 {
		t.Errorf("error %v, want a *ShortError with what is there", err)
	}
	const want = "a test needs about 1.5 TB of memory, 20.1 GB is available"
	if got := (&ShortError{"a test", 1.5e12, 20.1e9}).Error(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
