package progress

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	now := time.Now()
	p := pace{epochs: 4, trainImages: 100, evalImages: 60, beganWorking: now}
	if epoch, all := p.left(); epoch != 0 || all != 0 || p.fraction() != 0 {
		t.Errorf("before anything was measured: %v, %v, %g", epoch, all, p.fraction())
	}
	p.trained(0, 50, now.Add(5*time.Second)) // 10 a second
	if epoch, all := p.left(); epoch != 7*time.Second || all != 43*time.Second {
		t.Errorf("left are %v and %v, want 7s and 43s", epoch, all)
	}
	p.trained(0, 50, now.Add(10*time.Second))
	p.evaluated(0, 60, now.Add(13*time.Second)) // 20 a second
	if epoch, all := p.left(); epoch != 0 || all.Round(time.Millisecond) != 39*time.Second || p.fraction() != 0.25 {
		t.Errorf("left are %v and %v, done %g, want 0, 39s, 0.25", epoch, all, p.fraction())
	}
	p.trained(1, 50, now.Add(18*time.Second))
	if epoch, _ := p.left(); epoch.Round(time.Millisecond) != 8*time.Second {
		t.Errorf("left of the epoch are %v, want 8s", epoch)
	}
}

func TestDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 400 * time.Millisecond, "12s": 12 * time.Second, "3m05s": 185 * time.Second, "5h10m": 310 * time.Minute, "3d4h": 76 * time.Hour,
	} {
		if got := Duration(d); got != want {
			t.Errorf("%v is written %s, want %s", d, got, want)
		}
	}
}
