package jail

import (
	"reflect"
	"testing"

	"jail/terminal"
)

// fill gives every field below v a value that is not its zero value.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("text of " + v.Type().String())
	case reflect.Int, reflect.Int64:
		v.SetInt(-123456789)
	case reflect.Uint32, reflect.Uint:
		v.SetUint(0o1777)
	case reflect.Uint64:
		v.SetUint(1<<64 - 2)
	case reflect.Uint8:
		v.SetUint(7)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	default:
		panic("fill knows no " + v.Kind().String() + ": teach it, and the wire")
	}
}

// A field that does not travel would be a protection that init never hears of.
func TestWireCarriesEveryField(t *testing.T) {
	var want Spec
	fill(reflect.ValueOf(&want).Elem())
	got, err := decodeSpec(encodeSpec(want))
	if err != nil {
		t.Fatal(err)
	}
	want.Lost, want.Notes = nil, nil        // for people only
	want.Kept, want.Guard = Kept{}, Guard{} // for the caller of Run
	want.Output = ""                        // so is this
	want.Screen = Screen{Bar: terminal.Bar{Style: want.Screen.Bar.Style}}
	want.Gate = Gate{}                           // so is this; what init hears of it is in the outline
	want.Backend, want.Seatbelt = "", Seatbelt{} // for another back end
	for i := range want.Mounts {
		want.Mounts[i].Why = ""
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestWireRefusesDamage(t *testing.T) {
	var s Spec
	fill(reflect.ValueOf(&s).Elem())
	data := encodeSpec(s)
	for cut := range data {
		if _, err := decodeSpec(data[:cut]); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a Spec", cut, len(data))
		}
	}
	if _, err := decodeSpec(append(data, 0)); err == nil {
		t.Error("a byte too many was taken for a Spec")
	}
}

func FuzzWire(f *testing.F) {
	f.Add(encodeSpec(Spec{Argv: []string{"true"}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decodeSpec(data)
		if err == nil && !reflect.DeepEqual(must(decodeSpec(encodeSpec(s))), s) {
			t.Errorf("%+v does not survive the wire", s)
		}
	})
}

func must(s Spec, err error) Spec {
	if err != nil {
		panic(err)
	}
	return s
}
