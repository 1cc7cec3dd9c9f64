var I, bn, re, it, Pe, wn, Ie, vn, ft, ot, yn, Ue = Symbol.for("pv"), Re = {}, De = [], fr = /^m(i|n|o|s|text|space)$/, pt = Array.isArray, kn = De.slice, ae = Object.assign;
function oe(e) {
  e && e.parentNode && e.remove();
}
function Te(e, t, n, r, s) {
  var i = { type: e, props: t, key: n, ref: r, __k: null, __: null, __b: 0, __e: null, __c: null, constructor: Ue, __v: s || ++bn, __i: -1, __u: 0 };
  return !s && I.vnode && I.vnode(i), i;
}
function Y(e) {
  return e.children;
}
function ke(e, t) {
  this.props = e, this.context = t, this.__g = 0;
}
function se(e, t) {
  if (t == null) return e.__ && se(e.__, e.__i + 1);
  for (var n; t < e.__k.length; t++) if ((n = e.__k[t]) && n.__e) return n.__e;
  return typeof e.type != "function" || e.props.__P ? null : se(e);
}
function pr(e) {
  var t, n = e.__v, r = n.__e, s = [], i = [], a = e.__P;
  a && ((t = ae({ constructor: Ue }, n)).__v = n.__v + 1, I.vnode && I.vnode(t), gt(a, t, n, e.__n, a.namespaceURI, 32 & n.__u ? [r] : null, s, r || se(n), 32 & n.__u, i), t.__v = n.__v, t.__.__k[t.__i] = t, Sn(s, t, i), n.__ = n.__e = null, t.__e != r && En(t));
}
function En(e) {
  if ((e = e.__) && e.__c && !e.props.__P) return e.__e = null, e.__k.some(function(t) {
    return t && (e.__e = t.__e);
  }), En(e);
}
function at(e) {
  (8 & e.__g || (e.__g |= 8, re.push(e), Pe++)) && it == I.debounceRendering || ((it = I.debounceRendering) || queueMicrotask)(xn);
}
function xn() {
  try {
    for (var e, t = 1; re.length; ) re.length > t && re.sort(wn), e = re.shift(), t = re.length, 8 & e.__g && pr(e);
  } finally {
    (Pe = re.length) && (it || queueMicrotask)(xn);
  }
}
function $n(e, t, n, r, s, i, a, l, c, d, h) {
  var u, p, f, m, y, b, v = r.__k || De, _ = t.length;
  for (c = gr(n, t, v, c, _), u = 0; u < _; u++) (f = n.__k[u]) != null && (p = ~f.__i && v[f.__i] || Re, f.__i = u, b = gt(e, f, p, s, i, a, l, c, d, h), m = f.__e, (p.ref != f.ref || 8 & p.__u) && (p.ref && _t(p.ref, null, f, p), f.ref && h.push(f.ref, f.__c || m, f)), y = y || m, 4 & f.__u ? (c = Nn(f, c, e, !p.__v), p.__e && (p.__e = null)) : typeof f.type == "function" && b !== void 0 ? c = b : m && (c = m.nextSibling), f.__u &= -21);
  return n.__e = y, c;
}
function gr(e, t, n, r, s) {
  var i, a, l, c, d, h, u, p, f, m = n.length, y = m, b = 0, v = 0, _ = e.__k = Array(s);
  for (i = 0; i < s; i++) (a = t[i]) != null && typeof a != "boolean" && typeof a != "function" ? (typeof a != "object" || a.constructor === String ? a = _[i] = Te(null, a) : pt(a) ? a = _[i] = Te(Y, { children: a }) : a.constructor === Ue && a.__b ? a = _[i] = Te(a.type, a.props, a.key, a.ref, a.__v) : _[i] = a, c = i + b, a.__ = e, a.__b = e.__b + 1, l = null, ~(d = a.__i = _r(a, n, c, y)) && (y--, (l = n[d]) && (l.__u |= 2)), l && l.__v ? (a.__u |= 16, d == c - 1 ? b-- : d == c + 1 ? b++ : d != c && (d > c ? b-- : b++, v = 1)) : (~d || (s > m ? b-- : s < m && b++), typeof a.type != "function" && (a.__u |= 4))) : _[i] = null;
  if (v) {
    for (h = [], u = [], i = 0; i < s; i++) if ((a = _[i]) && 16 & a.__u) {
      for (b = 0, p = h.length; b < p; ) h[f = b + p >> 1] < a.__i ? b = f + 1 : p = f;
      h[b] = a.__i, u[i] = b + 1;
    }
    for (b = h.length; i--; ) u[i] && (u[i] == b ? b-- : _[i].__u |= 4);
  }
  if (y) for (i = 0; i < m; i++) !(l = n[i]) || 2 & l.__u || (l.__e == r && (r = se(l)), mt(l, l));
  return r;
}
function Nn(e, t, n, r) {
  var s, i, a, l;
  if (typeof e.type == "function") {
    if (e.props.__P) return t;
    if (s = e.__k) for (i = 0; i < s.length; i++) s[i] && (s[i].__ = e, t = Nn(s[i], t, n, !1));
    return t;
  }
  for (t && !t.parentNode && (t = se(e)) && !t.parentNode && (t = null), a = e.__e, l = t; l && l.nodeType == 8; ) l = l.nextSibling;
  for (a != l && (!r && n.moveBefore && a.parentNode ? n.moveBefore(a, t) : n.insertBefore(a, t || null)), t = a; (t = t && t.nextSibling) && t.nodeType == 8 && !t.data.startsWith("$s"); ) ;
  return t;
}
function _r(e, t, n, r) {
  var s, i = e.key, a = e.type, l = t[n], c = l && !(2 & l.__u);
  if (l === null && i == null || c && i == l.key && a == l.type) return n;
  if (r > (c ? 1 : 0)) {
    for (s = n - 1; s >= 0; s--) if ((l = t[s]) && !(2 & l.__u) && i == l.key && a == l.type) return s;
    for (s = n + 1; s < t.length; s++) if ((l = t[s]) && !(2 & l.__u) && i == l.key && a == l.type) return s;
  }
  return -1;
}
function Nt(e, t, n) {
  n == null && (n = ""), t[0] == "-" ? e.setProperty(t, n) : e[t] = n;
}
function Se(e, t, n, r, s) {
  var i, a;
  if (t == "style") if (typeof n == "string") e.style.cssText = n;
  else {
    if (typeof r == "string" && (e.style.cssText = r = ""), r) for (t in r) n && t in n || Nt(e.style, t);
    if (n) for (t in n) r && n[t] == r[t] || Nt(e.style, t, n[t]);
  }
  else if (t[0] == "o" && t[1] == "n") typeof n != "function" && (n = null), typeof r != "function" && (r = null), (e.__e || (e.__e = {}))[t] = n, n && r || (a = ot[t] || (ot[t] = mr(t)), (e.__a || (e.__a = {}))[t] = ft, i = t != (t = t.replace(vn, "$1")), (t = t.slice(2))[0] < "a" && (t = t.toLowerCase()), n ? e.addEventListener(t, a, i) : e.removeEventListener(t, a, i));
  else {
    if (s == "http://www.w3.org/2000/svg") t = t.replace(/xlink(H|:h)/, "h").replace(/sName$/, "s");
    else if (t != "width" && t != "height" && t != "href" && t != "list" && t != "form" && t != "tabIndex" && t != "download" && t != "rowSpan" && t != "colSpan" && t != "role" && t != "popover" && t in e) try {
      return void (e[t] = n ?? "");
    } catch {
    }
    if (typeof n == "function") return;
    n == null || n === !1 && t[4] != "-" ? e.removeAttribute(t) : e.setAttribute(t, t == "popover" && n == 1 ? "" : n);
  }
}
function mr(e) {
  return function(t) {
    var n = this.__e;
    if (n) {
      if (n = n[e], t[Ie] == null) t[Ie] = ft++;
      else if (t[Ie] < this.__a[e]) return;
      return n(I.event ? I.event(t) : t);
    }
  };
}
function gt(e, t, n, r, s, i, a, l, c, d) {
  var h, u, p, f, m, y, b, v, _, g, w, k, M, T, E, j, L, O, x = t.type;
  if (t.constructor !== Ue) return null;
  128 & n.__u && (c = 32 & n.__u, h = n.__c.__z) && (t.__u |= c, u = i = [], h.nodeType == 8 ? l = Le(h, i) : i.push(h), l = i[0] || l), (h = I.__b) && h(t);
  e: if (typeof x == "function") {
    p = a.length;
    try {
      if (v = t.props, _ = (h = x.prototype) && h.render, g = (h = x.contextType) && r[h.__c], w = h ? g ? g.props.value : h.__ : r, (f = n.__c) ? (t.__c = f, 2 & f.__g && (f.__g |= 1)) : (_ ? t.__c = f = new x(v, w) : (t.__c = f = new ke(v, w), f.constructor = x, f.render = wr), g && g.sub(f), f.state || (f.state = {}), f.__n = r, f.__g |= 8, f.__h = [], f.__k = []), _ && (f.__s || (f.__s = f.state), x.getDerivedStateFromProps && (f.__s == f.state && (f.__s = ae({}, f.__s)), ae(f.__s, x.getDerivedStateFromProps(v, f.__s)))), m = f.props, y = f.state, f.__v = t, n.__c) {
        if (v !== m && _ && !x.getDerivedStateFromProps && f.componentWillReceiveProps && f.componentWillReceiveProps(v, w), t.__v == n.__v && !(8 & f.__g) || !(4 & f.__g) && f.shouldComponentUpdate && f.shouldComponentUpdate(v, f.__s, w) === !1) {
          t.__v != n.__v && (f.props = v, f.state = f.__s, f.__g &= -9), t.__e = n.__e, t.__k = n.__k, t.__k.some(function($) {
            $ && ($.__ = t);
          }), De.push.apply(f.__h, f.__k), f.__k = [], f.__h.length && a.push(f), l = se(n);
          break e;
        }
        f.componentWillUpdate && f.componentWillUpdate(v, f.__s, w), _ && f.componentDidUpdate && f.__h.push(function() {
          f.componentDidUpdate(m, y, b);
        });
      } else _ && !x.getDerivedStateFromProps && f.componentWillMount && f.componentWillMount(), _ && f.componentDidMount && f.__h.push(f.componentDidMount);
      f.context = w, f.props = v, f.__P = e, f.__g &= -5, k = I.__r, M = _ ? 25 : 0;
      do
        f.__g &= -9, k && k(t), h = f.render(f.props, f.state = f.__s, f.context);
      while (8 & f.__g && ++M < 25);
      _ && (De.push.apply(f.__h, f.__k), f.__k = []), f.state = f.__s, f.getChildContext && (r = ae({}, r, f.getChildContext())), _ && n.__c && f.getSnapshotBeforeUpdate && (b = f.getSnapshotBeforeUpdate(m, y)), T = h && h.type === Y && h.key == null ? h.props.children : h, v.__P && (h = l, s = (e = v.__P).namespaceURI, c = i = null, n.props && n.props.__P != e && (n.__k.some(function($) {
        $ && mt($, $);
      }), n.__k = null), l = n.__k ? se(n, 0) : null), l = $n(e, pt(T) ? T : [T], t, n, r, s, i, a, l, c, d), v.__P && (t.__e = null, l = h), t.__u &= -161, u && u.some(oe), f.__h.length && a.push(f), 1 & f.__g && (f.__g &= -4);
    } catch ($) {
      if (a.length = p, t.__v = null, c || i) if ($ && $.then) {
        if (t.__u |= 128 | c, i) {
          for (~(L = i.indexOf(l || void 0)) || (L = i.length); (O = i[L - 1]) && O.nodeType == 8; ) L--;
          for (; L < i.length; L++) if (O = i[L]) if (i[L] = null, E) {
            if (O == j) break;
          } else {
            if (O.nodeType != 8) break;
            O.data.startsWith("$s") && (j = Le(E = O));
          }
        }
        if (!E) {
          for (; l && l.nodeType == 8 && l.nextSibling; ) l = l.nextSibling;
          E = l;
        }
        (h = Le(E = t.__c.__z || (t.__c.__z = E))) ? (t.__e = E, l = h) : t.__e = l, l = l && l.nextSibling;
      } else i && i.some(oe);
      else t.__e = n.__e;
      t.__k || (t.__k = n.__k || []), $ && $.then || On(t), I.__e($, t, n);
    }
  } else l = t.__e = br(n.__e, t, n, r, s, i, a, c, d, e);
  return (h = I.diffed) && h(t), l;
}
function Le(e, t) {
  if (e && e.nodeType == 8 && e.data.startsWith("$s")) for (var n = 1; e = e.nextSibling; ) {
    if (e.nodeType == 8) {
      if (e.data.startsWith("$s")) n++;
      else if (e.data.startsWith("/$s") && !--n) return e;
    }
    t && t.push(e);
  }
}
function On(e) {
  e && (e.__c && (e.__c.__g |= 4), e.__k && e.__k.some(On));
}
function Sn(e, t, n) {
  for (var r = 0; r < n.length; ) _t(n[r++], n[r++], n[r++]);
  I.__c && I.__c(t, e), e.some(function(s) {
    try {
      e = s.__h, s.__h = [], e.some(function(i) {
        i.call(s);
      });
    } catch (i) {
      I.__e(i, s.__v);
    }
  });
}
function br(e, t, n, r, s, i, a, l, c, d) {
  var h, u, p, f, m, y, b, v, _ = n.props || Re, g = t.props, w = t.type;
  if (w == "svg" ? s = "http://www.w3.org/2000/svg" : w == "math" ? s = "http://www.w3.org/1998/Math/MathML" : s || (s = "http://www.w3.org/1999/xhtml"), i) {
    for (h = 0; h < i.length; h++) if ((m = i[h]) && (w ? m.localName == w : m.nodeType == 3)) {
      e = m, i[h] = null;
      break;
    }
  }
  if (!e) {
    if (v = d.ownerDocument || document, !w) return v.createTextNode(g);
    e = v.createElementNS(s, w, g.is ? g : d), l && (I.__m && I.__m(t, i), l = !1), i = null;
  }
  if (w) {
    if (d = w == "template" && e.content || e, i = w == "textarea" && g.defaultValue != null ? null : i && kn.call(d.childNodes), !l && i) for (_ = {}, h = 0; h < e.attributes.length; h++) _[(m = e.attributes[h]).name] = m.value;
    for (h in _) m = _[h], h == "dangerouslySetInnerHTML" ? p = m : h == "children" || h in g || h == "value" && "defaultValue" in g || h == "checked" && "defaultChecked" in g || Se(e, h, null, m, s);
    for (h in g) m = g[h], h == "children" ? f = m : h == "dangerouslySetInnerHTML" ? u = m : h == "value" ? y = m : h == "checked" ? b = m : l && typeof m != "function" || _[h] === m || Se(e, h, m, _[h], s);
    u ? (l || p && (u.__html == p.__html || u.__html == e.innerHTML) || (e.innerHTML = u.__html), t.__k = []) : (p && (e.textContent = ""), (w == "foreignObject" || s == "http://www.w3.org/1998/Math/MathML" && fr.test(w)) && (s = "http://www.w3.org/1999/xhtml"), $n(d, pt(f) ? f : [f], t, n, r, s, i, a, i ? i[0] : n.__k && se(n, 0), l, c), i && i.some(oe)), l && w != "textarea" || (h = "value", w == "progress" && y == null ? e.removeAttribute(h) : y == null || y === e[h] && (w != "progress" || y) || Se(e, h, y, _[h], s), h = "checked", b != null && b != e[h] && Se(e, h, b, _[h], s));
  } else _ === g || l && e.data == g || (e.data = g);
  return e;
}
function _t(e, t, n, r) {
  try {
    typeof e == "function" ? t ? t.__x = e(t) || 1 : r && (r = r.__c || r.__e) && (t = r.__x) && (r.__x = null, typeof t == "function" ? t() : e(null)) : e.current = t;
  } catch (s) {
    I.__e(s, n);
  }
}
function mt(e, t, n) {
  var r, s, i, a;
  if (I.unmount && I.unmount(e), !(r = e.ref) || r.current && r.current != e.__e || _t(r, null, t, e), r = e.__c) {
    if (r.componentWillUnmount) try {
      r.componentWillUnmount();
    } catch (l) {
      I.__e(l, t);
    }
    r.__P = r.__n = null;
  }
  if (r = e.__k) for (a = 0; a < r.length; a++) r[a] && mt(r[a], t, typeof e.type != "function" || n && !e.props.__P);
  !n && (r = e.__c) && (r = r.__z) && (s = Le(r, i = [])) && (r == e.__e && i.some(oe), oe(s), oe(r)), n || oe(e.__e), e.__e = e.__c = e.__ = null;
}
function wr(e, t, n) {
  return this.constructor(e, n);
}
function vr(e, t) {
  var n, r, s, i;
  I.__ && I.__(e, t), t.nodeType == 9 && (t = t.documentElement), r = (n = e && 32 & e.__u) ? null : t.__k, t.__k = Te(Y, { children: [e] }), s = [], i = [], gt(t, t.__k, r || Re, Re, t.namespaceURI, r ? null : t.firstChild ? kn.call(t.childNodes) : null, s, r ? r.__e : t.firstChild, n, i), Sn(s, t.__k, i), t.__k.props.children = null;
}
function yr(e) {
  function t(n) {
    var r, s;
    return this.getChildContext || (r = /* @__PURE__ */ new Set(), (s = {})[t.__c] = this, this.getChildContext = function() {
      return s;
    }, this.shouldComponentUpdate = function(i) {
      this.props.value != i.value && r.forEach(function(a) {
        a.__g |= 4, at(a);
      });
    }, this.sub = function(i) {
      r.add(i);
      var a = i.componentWillUnmount;
      i.componentWillUnmount = function() {
        r.delete(i), a && a.call(i);
      };
    }), n.children;
  }
  return t.__c = "__cC" + yn++, t.__ = e, t.Provider = (t.Consumer = function(n, r) {
    return n.children(r);
  }).contextType = t, t;
}
I = { __e: function(e, t, n, r) {
  for (var s, i, a; t = t.__; ) if ((s = t.__c) && !(1 & s.__g)) {
    s.__g |= 4;
    try {
      if ((a = (i = s.constructor) && i.getDerivedStateFromError) && s.setState(i.getDerivedStateFromError(e)), s.componentDidCatch && (s.componentDidCatch(e, r || {}), a = 1), a && 8 & s.__g) return void (s.__g |= 2);
    } catch (l) {
      e = l;
    }
  }
  throw Pe = 0, e;
} }, bn = 0, ke.prototype.setState = function(e, t) {
  var n = this.__s;
  n && n != this.state || (n = this.__s = ae({}, this.state)), typeof e == "function" && (e = e(ae({}, n), this.props)), e && (ae(n, e), this.__v && (t && this.__k.push(t), at(this)));
}, ke.prototype.forceUpdate = function(e) {
  this.__v && (this.__g |= 4, e && this.__h.push(e), at(this));
}, ke.prototype.render = Y, re = [], Pe = 0, wn = function(e, t) {
  return e.__v.__b - t.__v.__b;
}, Ie = Symbol(), vn = /(PointerCapture)$|Capture$/i, ft = 0, ot = {}, yn = 0;
var kr = Symbol.for("pv"), Er = 0;
function o(e, t, n, r, s, i) {
  t || (t = {});
  var a, l, c = t;
  if ("ref" in c && typeof e != "function") for (l in c = {}, t) l == "ref" ? a = t[l] : c[l] = t[l];
  var d = { type: e, props: c, key: n, ref: a, __k: null, __: null, __b: 0, __e: null, __c: null, constructor: kr, __v: --Er, __i: -1, __u: 0 };
  return I.vnode && I.vnode(d), d;
}
var ge, A, Ye, Ot, lt = Object.is, xe = 0, Mn = [], ct = [], F = I, St = F.__b, Mt = F.__r, jt = F.diffed, Ct = F.__c, It = F.unmount, Tt = F.__;
function qe(e, t) {
  F.__h && F.__h(A, e, xe || t), xe = 0;
  var n = A.__H || (A.__H = { __: [], __h: [] });
  return e >= n.__.length && n.__.push({}), n.__[e];
}
function D(e) {
  return xe = 1, xr(Cn, e);
}
function xr(e, t, n) {
  var r = qe(ge++, 2);
  if (r.t = e, !r.__c && (r.__ = [Cn(void 0, t), function(i) {
    var a = (r.__N || r.__)[0], l = r.t(a, i);
    lt(a, l) || (r.__N = [l, r.__[1]], r.__c.setState({}));
  }], r.__c = A, !A.__f)) {
    A.__f = !0;
    var s = A.shouldComponentUpdate;
    A.shouldComponentUpdate = function(i, a, l) {
      var c = this.__H;
      if (!c) return !0;
      var d = !1, h = this.props != i;
      if (c.__.some(function(p) {
        p.__N && (d = !0, lt(p.__[0], p.__N[0]) || (h = !0));
      }), s) {
        var u = s.call(this, i, a, l);
        return d ? u || h : u;
      }
      return !d || h;
    };
  }
  return r.__;
}
function Q(e, t) {
  var n = qe(ge++, 3);
  !F.__s && jn(n.__H, t) && (n.__P = !0, n.__ = e, n.u = t, A.__H.__h.push(n));
}
function be(e) {
  return xe = 5, te(function() {
    return { current: e };
  }, []);
}
function te(e, t) {
  var n = qe(ge++, 7);
  return jn(n.__H, t) && (n.__ = e(), n.__H = t), n.__;
}
function $r(e, t) {
  return xe = 8, te(function() {
    return e;
  }, t);
}
function Nr(e) {
  var t = A.context[e.__c], n = qe(ge++, 9);
  return n.c = e, t ? (n.__ == null && (n.__ = !0, t.sub(A)), t.props.value) : e.__;
}
function Or() {
  var e;
  do {
    for (; e = ct.shift(); ) try {
      Ee(e);
    } catch (n) {
      F.__e(n, { __: (e = e.__P) && e.__v });
    }
    for (; e = Mn.shift(); ) {
      var t = e.__H;
      if (e.__P && t) try {
        t.__h.some(Ee), t.__h.some(dt), t.__h = [];
      } catch (n) {
        t.__h = [], F.__e(n, e.__v);
      }
    }
  } while (ct.length);
}
F.__b = function(e) {
  A = null, St && St(e);
}, F.__ = function(e, t) {
  e && t.__k && t.__k.__m && (e.__m = t.__k.__m), Tt && Tt(e, t);
}, F.__r = function(e) {
  Mt && Mt(e), ge = 0;
  var t = (A = e.__c).__H;
  t && (Ye == A ? A.__h = [] : (t.__h.some(Ee), t.__h.some(dt), ge = 0), t.__h = [], t.__.some(function(n) {
    n.__N && (n.__ = n.__N), n.u = n.__N = void 0;
  })), Ye = A;
}, F.diffed = function(e) {
  jt && jt(e);
  var t = e.__c;
  t && t.__H && (t.__H.__h.length && Pt(Mn.push(t)), t.__H.__.some(function(n) {
    n.u && (n.__H = n.u);
  })), Ye = A = null;
}, F.__c = function(e, t) {
  t.some(function(n) {
    try {
      n.__h.some(Ee), n.__h = n.__h.filter(function(r) {
        return !r.__ || dt(r);
      });
    } catch (r) {
      n.__h = [function() {
        throw r;
      }];
    }
  }), Ct && Ct(e, t);
}, F.unmount = function(e) {
  It && It(e);
  var t, n, r = e.__c;
  r && r.__H && (r.__H.__.some(function(s) {
    try {
      if (s.__P && s.__c) {
        if (n === void 0) {
          for (n = e.__; n && (!n.__c || !n.__c.__P); ) n = n.__;
          n = n && n.__c;
        }
        s.__P = n, Pt(ct.push(s));
      } else Ee(s);
    } catch (i) {
      t = i;
    }
  }), r.__H = void 0, t && F.__e(t, r.__v));
};
var Lt = typeof requestAnimationFrame == "function";
function Sr(e) {
  var t, n = function() {
    clearTimeout(r), Lt && cancelAnimationFrame(t), setTimeout(e);
  }, r = setTimeout(n, 35);
  Lt && (t = requestAnimationFrame(n));
}
function Pt(e) {
  e != 1 && Ot == F.requestAnimationFrame || ((Ot = F.requestAnimationFrame) || Sr)(Or);
}
function Ee(e) {
  var t = A, n = e.__c;
  typeof n == "function" && (e.__c = void 0, n()), A = t;
}
function dt(e) {
  var t = A;
  e.__c = e.__(), A = t;
}
function jn(e, t) {
  return !e || e.length != t.length || t.some(function(n, r) {
    return !lt(n, e[r]);
  });
}
function Cn(e, t) {
  return typeof t == "function" ? t(e) : t;
}
const bt = "pavilion-console-key";
function Rt() {
  return sessionStorage.getItem(bt) ?? "";
}
function Mr(e) {
  sessionStorage.setItem(bt, e);
}
function jr() {
  sessionStorage.removeItem(bt);
}
const Cr = 3e4;
class ee extends Error {
  constructor(t, n) {
    super(t), this.status = n;
  }
  name = "ApiError";
}
class In {
  constructor(t, n) {
    this.key = t, this.fetch = n;
  }
  /** Called with the reason when the key is refused: an expired token, or a key that was changed. */
  onRefused = () => {
  };
  caller() {
    return this.get("/v1/caller");
  }
  letters(t, n, r) {
    const { since: s, until: i, ...a } = t;
    return this.get("/v1/dead-letters", { ...a, from: s, to: i, limit: String(r), cursor: n });
  }
  letter(t) {
    return this.get(`/v1/dead-letters/${encodeURI(t).replace(/[?#]/g, encodeURIComponent)}`);
  }
  replays(t) {
    return this.get("/v1/dead-letters/replays", { cursor: t, limit: "20" });
  }
  replay(t, n) {
    return this.#e("POST", "/v1/dead-letters/replay", { ...t, dry_run: n });
  }
  inbox(t) {
    return this.get(`/v1/users/${encodeURIComponent(t)}/inbox`);
  }
  notifications(t, n, r) {
    return this.get(`/v1/users/${encodeURIComponent(t)}/notifications`, { state: n, cursor: r, limit: "25" });
  }
  sessions(t) {
    return this.get(`/v1/users/${encodeURIComponent(t)}/sessions`);
  }
  get(t, n = {}) {
    const r = Object.entries(n).filter((i) => !!i[1]), s = new URLSearchParams(r).toString();
    return this.#e("GET", s ? `${t}?${s}` : t);
  }
  /** The answer as it streams, refused ones raised. */
  async stream(t, n) {
    return this.#n(await this.#t(t, { headers: { accept: "text/event-stream" }, signal: n }));
  }
  async #e(t, n, r) {
    const s = { method: t, signal: AbortSignal.timeout(Cr) };
    r !== void 0 && (s.body = JSON.stringify(r), s.headers = { "content-type": "application/json" });
    const i = await this.#n(await this.#t(n, s));
    try {
      return await i.json();
    } catch {
      throw new ee("The gateway's answer broke off.", 0);
    }
  }
  async #t(t, n) {
    const r = { accept: "application/json", ...n.headers, authorization: `Bearer ${this.key}` };
    try {
      return await this.fetch(t, { ...n, headers: r, cache: "no-store", credentials: "omit", redirect: "error" });
    } catch (s) {
      const i = s instanceof DOMException && s.name === "TimeoutError";
      throw new ee(i ? "The gateway did not answer in time." : "The gateway cannot be reached.", 0);
    }
  }
  async #n(t) {
    if (t.ok) return t;
    let n = `The gateway answered ${t.status}.`;
    try {
      const r = await t.json();
      n = r.detail || r.title || n;
    } catch {
    }
    throw t.status === 401 && this.onRefused(n), new ee(n, t.status);
  }
}
function le(e) {
  return e instanceof Error ? e.message : String(e);
}
class Ir {
  constructor(t, n, r) {
    this.first = t, this.longest = n, this.random = r;
  }
  #e = 0;
  /** Milliseconds to wait now. */
  next() {
    const t = Math.min(this.longest, this.first * 2 ** this.#e);
    return this.#e += 1, this.random() * t;
  }
  reset() {
    this.#e = 0;
  }
}
const Tr = 32 * 1024 * 1024;
class Lr {
  #e = "";
  #t = [];
  /** The events that `text` completes. Raises for one that never ends. */
  push(t) {
    const n = (this.#e + t).split(/\r\n|\n|\r(?!$)/);
    if (this.#e = n.pop(), this.#e.length > Tr) throw new Error("An event has no end.");
    const r = [];
    for (const s of n)
      s === "" ? (this.#t.length > 0 && r.push(this.#t.join(`
`)), this.#t = []) : s.startsWith("data:") && this.#t.push(s.slice(s[5] === " " ? 6 : 5));
    return r;
  }
}
class fe {
  constructor(t) {
    this.current = t;
  }
  #e = /* @__PURE__ */ new Set();
  get value() {
    return this.current;
  }
  set(t) {
    if (!Object.is(t, this.current)) {
      this.current = t;
      for (const n of [...this.#e]) n();
    }
  }
  subscribe(t) {
    return this.#e.add(t), () => this.#e.delete(t);
  }
}
const Dt = 6e3, Pr = 5e3, Rr = 500, Dr = 1e4;
class At {
  constructor(t, n, r) {
    this.api = t, this.path = n, this.clock = r, this.standing = new fe({ state: "connecting", since: r.now(), reason: "" });
  }
  value = new fe(null);
  standing;
  #e = null;
  #t = "";
  #n = 0;
  start() {
    this.#e === null && this.#s((this.#e = new AbortController()).signal);
  }
  stop() {
    this.#e?.abort(), this.#e = null;
  }
  async #s(t) {
    const n = new Ir(Rr, Dr, () => this.clock.random());
    for (; !t.aborted; ) {
      let r = "The gateway ended the stream.";
      try {
        await this.#i(t, () => n.reset());
      } catch (s) {
        if (r = le(s), s instanceof ee && (s.status === 401 || s.status === 403)) {
          this.#r(r);
          return;
        }
      }
      if (t.aborted) return;
      this.#r(r), await this.clock.sleep(n.next(), t).catch(() => {
      });
    }
  }
  async #i(t, n) {
    const r = new AbortController();
    let s;
    const i = () => {
      clearTimeout(s), s = setTimeout(() => r.abort(), Dt);
    }, a = AbortSignal.any([t, r.signal]);
    i();
    try {
      const l = await this.api.stream(this.path, a), c = new Lr(), d = l.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let h = await d.read(); !h.done; h = await d.read())
        for (const u of c.push(h.value))
          i(), n(), this.#o(JSON.parse(u));
    } catch (l) {
      throw r.signal.aborted ? new Error(`Nothing came for ${Dt / 1e3} s.`) : l;
    } finally {
      clearTimeout(s);
    }
  }
  #o(t) {
    const n = this.clock.now();
    (t.at === void 0 || t.at !== this.#t) && (this.#n = n), this.#t = t.at ?? "", this.value.set(t), t.stale !== void 0 ? this.#r("The gateway gets no word from the workers.", Date.parse(t.stale)) : n - this.#n > Pr ? this.#r("The gateway answers, but its numbers stand still.") : this.standing.set({ state: "live", since: n, reason: "" });
  }
  #r(t, n = this.standing.value.since) {
    const r = this.standing.value;
    r.state === "stale" && r.reason === t && r.since === n || this.standing.set({ state: "stale", since: n, reason: t });
  }
}
const Ar = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (e, t) => new Promise((n, r) => {
    const s = setTimeout(n, e);
    t.addEventListener("abort", () => (clearTimeout(s), r(new Error("stopped"))), { once: !0 });
  })
}, ie = "–", Ft = ["", " k", " M", " G", " T"];
function C(e) {
  if (e == null || !Number.isFinite(e)) return ie;
  let t = Math.abs(e), n = 0;
  for (; t >= 999.5 && n < Ft.length - 1; )
    t /= 1e3, n += 1;
  const r = n === 0 && Number.isInteger(e) ? 0 : t < 9.95 ? 1 : 0;
  return `${e < 0 ? "−" : ""}${t.toFixed(r)}${Ft[n]}`;
}
function ne(e) {
  return e == null ? ie : e > 0 && e < 0.05 ? "<0.1/s" : e === 0 ? "0/s" : `${C(e)}/s`;
}
function _e(e) {
  if (e == null) return ie;
  const t = ["B", "KiB", "MiB", "GiB", "TiB"];
  let n = e, r = 0;
  for (; n >= 1023.5 && r < t.length - 1; )
    n /= 1024, r += 1;
  return `${n.toFixed(r > 0 && n < 9.95 ? 1 : 0)} ${t[r]}`;
}
function q(e) {
  if (e == null) return ie;
  const t = (n) => n < 9.95 ? n.toFixed(1).replace(/\.0$/, "") : n.toFixed(0);
  return e <= 0 ? "0 s" : e < 1e-3 ? `${t(e * 1e6)} µs` : e < 0.9995 ? `${t(e * 1e3)} ms` : e < 99.5 ? `${t(e)} s` : e < 5970 ? `${Math.round(e / 60)} min` : e < 172800 ? `${t(e / 3600)} h` : `${Math.round(e / 86400)} d`;
}
function Tn(e, t) {
  const n = (t - e) / 1e3;
  if (Math.abs(n) < 1.5) return "now";
  const r = Math.round(Math.abs(n));
  return n > 0 ? `${q(r)} ago` : `in ${q(r)}`;
}
function $e(e) {
  return new Date(e).toISOString().replace("T", " ").replace("Z", " UTC");
}
function Ln(e, t) {
  return t === 0 ? ie : `${(100 * e / t).toFixed(e > 0 && e / t < 0.0995 ? 1 : 0)} %`;
}
function wt(e) {
  const t = [...e].sort((r, s) => r - s), n = [];
  for (let r = 0; r < t.length; ) {
    let s = r;
    for (; t[s + 1] === t[s] + 1; ) s += 1;
    n.push(s === r ? `${t[r]}` : `${t[r]}–${t[s]}`), r = s + 1;
  }
  return n.join(", ") || ie;
}
function U(e, t, n = `${t}s`) {
  return `${e.toLocaleString("en")} ${e === 1 ? t : n}`;
}
function Wt(e) {
  return e === null ? "" : JSON.stringify([e.agents ?? [], e.edges ?? []]);
}
function Fr(e, t = "") {
  const n = new Map((e.agents ?? []).map((u) => [`agent:${u.name}`, u])), r = e.edges ?? [], s = new Set([...n.values()].flatMap((u) => u.retry === null ? [] : [`topic:${u.retry}`])), i = /* @__PURE__ */ new Set([...s, ...r.filter(([, u]) => s.has(u)).map(([u]) => u)]), a = /* @__PURE__ */ new Set();
  for (const [u, p] of n)
    for (const f of p.steps) f.kind === "emit" && a.add(`${u}
${f.name}`);
  const l = new Set(
    r.filter(([u, p]) => n.has(u) && p.startsWith("topic:") && !i.has(p)).filter(([u, p]) => n.get(u).steps.length > 0 && !a.has(`${u}
${p.slice(6)}`)).map(([, u]) => u)
  ), c = r.filter(([u, p]) => !i.has(u) && !i.has(p)), d = Wr(c, n.keys(), t.trim().toLowerCase()), h = (u) => ({
    id: u,
    kind: u.slice(0, u.indexOf(":")),
    label: u.slice(u.indexOf(":") + 1),
    retries: n.get(u)?.retry != null,
    dead: l.has(u)
  });
  return {
    nodes: [...d.nodes].sort().map(h),
    edges: d.edges.map(([u, p]) => ({ id: `${u}>${p}`, from: u, to: p }))
  };
}
function Wr(e, t, n) {
  const r = /* @__PURE__ */ new Set([...t, ...e.flat()]);
  if (n === "") return { nodes: r, edges: e };
  const s = new Set([...r].filter((a) => a.toLowerCase().includes(n))), i = e.filter(([a, l]) => s.has(a) || s.has(l));
  return { nodes: /* @__PURE__ */ new Set([...s, ...i.flat()]), edges: i };
}
class Ur {
  constructor(t, n) {
    this.streams = t, this.dying = n;
    const r = /* @__PURE__ */ new Map();
    for (const s of t?.streams ?? []) {
      this.#e.set(s.agent, s);
      for (const { topic: i, rate: a } of s.sources) this.#t.set(i, Math.max(a, this.#t.get(i) ?? 0));
      for (const [i, a] of Object.entries(s.rates.out)) r.set(i, (r.get(i) ?? 0) + a);
    }
    for (const [s, i] of r) this.#t.set(s, i);
  }
  #e = /* @__PURE__ */ new Map();
  /** Events a second that come into each topic, or as far as that is not ours, that are read from it. */
  #t = /* @__PURE__ */ new Map();
  agent(t) {
    return this.#e.get(t);
  }
  edge({ from: t, to: n }, r) {
    const s = { rate: null, lagMessages: null, lagSeconds: null, failed: 0, level: "" };
    if (n.startsWith("agent:")) {
      const a = this.#e.get(n.slice(6)), l = a?.sources.find((u) => `topic:${u.topic}` === t);
      if (a === void 0 || l === void 0) return s;
      const { lag_messages: c, lag_seconds: d } = l, h = a.rates.failed > 0 || a.state === "waiting" ? "bad" : Ut(d, c);
      return { rate: l.rate, lagMessages: c, lagSeconds: d, failed: a.rates.failed, level: h };
    }
    const i = this.#e.get(t.slice(6));
    if (i === void 0) return s;
    if (r) {
      const a = this.dying.get(i.agent) ?? 0;
      return { ...s, rate: a / 60, failed: a, level: a > 0 ? "bad" : i.dead_lettered > 0 ? "warn" : "" };
    }
    return n.startsWith("topic:") ? { ...s, rate: i.rates.out[n.slice(6)] ?? 0 } : s;
  }
  node(t) {
    if (t.kind === "agent") return this.#n(t.label);
    if (t.kind === "store") return { rate: null, level: "", note: "" };
    if (t.dead) {
      const n = this.streams?.dead_letter_backlog ?? null;
      return { rate: null, level: n ? "warn" : "", note: n === null ? "" : `${n} to look at` };
    }
    return { rate: this.#t.get(t.label) ?? null, level: "", note: "" };
  }
  #n(t) {
    const n = this.#e.get(t);
    if (n === void 0) return { rate: null, level: "warn", note: "no word of it" };
    if (n.state === "waiting") return { rate: n.rates.in, level: "bad", note: `waits for ${n.waiting_for.join(", ")}` };
    if (this.dying.has(t)) return { rate: n.rates.in, level: "bad", note: `${this.dying.get(t)} dead letters` };
    if (n.rates.failed > 0) return { rate: n.rates.in, level: "warn", note: "some events fail" };
    const r = n.sources.map((s) => Ut(s.lag_seconds, s.lag_messages)).sort().pop() ?? "";
    return { rate: n.rates.in, level: r, note: r ? "behind" : "" };
  }
}
function Ut(e, t) {
  return (e ?? 0) >= 30 || (t ?? 0) >= 1e4 ? "warn" : "";
}
function qt(e) {
  const [t = "", n = ""] = e.replace(/^#\/?/, "").split("?", 2), [r = "", ...s] = t.split("/");
  return { view: r || "topology", id: qr(s.join("/")), query: Object.fromEntries(new URLSearchParams(n)) };
}
function R(e, t = {}, n = "") {
  const r = Object.entries(t).filter((i) => !!i[1]), s = new URLSearchParams(r).toString();
  return `#/${e}${n ? `/${encodeURIComponent(n)}` : ""}${s ? `?${s}` : ""}`;
}
function qr(e) {
  try {
    return decodeURIComponent(e);
  } catch {
    return e;
  }
}
const Bt = 30, Br = 1e4, Hr = 1e3, Vr = ["stale", "no-workers", "breaker", "waiting", "failing", "dead-letters", "lag", "retries", "recovery", "backlog"];
function Yr(e, t) {
  const n = [];
  e.standing.state === "stale" && n.push({
    kind: "stale",
    severity: "bad",
    text: `No live numbers for ${q(Math.max(1, Math.round((t - e.standing.since) / 1e3)))}`,
    detail: e.standing.reason,
    href: R("workers"),
    runbook: "statistics-stale"
  }), e.streams !== null && n.push(...zr(e.streams, e.dying, t)), e.tables !== null && n.push(...Gr(e.tables));
  const r = (s) => Vr.indexOf(s.kind);
  return n.sort((s, i) => +(s.severity === "warn") - +(i.severity === "warn") || r(s) - r(i));
}
function zr(e, t, n) {
  const r = [], s = (a, l, c, d, h, u) => r.push({ kind: a, severity: l, text: c, detail: d, href: h, runbook: u });
  (e.workers ?? []).length === 0 && e.note !== void 0 && s("no-workers", "bad", "No worker runs", e.note, R("workers"), "no-workers");
  for (const a of e.dependencies ?? []) {
    if (a.state === "closed") continue;
    const l = e.streams.filter((h) => h.waiting_for.includes(a.name)).map((h) => h.agent), c = `${a.name} ${a.state === "open" ? "is away" : "is tried again"} since ${Tn(Date.parse(a.since), n)}`, d = [a.last_error, l.length > 0 ? `${l.join(", ")} wait for it` : ""].filter(Boolean).join(" · ");
    s("breaker", "bad", c.replace(/since (.*) ago$/, "for $1"), d, R("dependencies"), "breaker-open");
  }
  const i = new Set((e.dependencies ?? []).filter((a) => a.state !== "closed").map((a) => a.name));
  for (const a of e.streams) {
    const l = R("topology", { agent: a.agent }), c = a.waiting_for.filter((h) => !i.has(h));
    a.state === "waiting" && (c.length > 0 || a.waiting_for.length === 0) && s("waiting", "bad", `${a.agent} waits`, c.join(", ") || "for a dependency", l, "breaker-open");
    const d = t.get(a.agent) ?? 0;
    if (d > 0) {
      const u = Object.entries(a.dead_letters).sort((f, m) => m[1] - f[1]).slice(0, 3).map(([f, m]) => `${f} ${C(m)}`).join(" · "), p = R("letters", { agent: a.agent, state: "pending" });
      s("dead-letters", "bad", `${a.agent} put aside ${U(d, "event")} in the last minute`, u, p, "dead-letters");
    } else a.rates.failed > 0 && s("failing", "warn", `${a.agent} fails ${C(a.rates.failed)} events a second`, "they are tried again", l, "error-rate");
    for (const h of a.sources) {
      const [u, p] = [h.lag_seconds ?? 0, h.lag_messages ?? 0];
      if (u < Bt && p < Br) continue;
      const f = [u >= 1 ? q(u) : "", U(p, "event")].filter(Boolean).join(", ");
      s("lag", u >= 10 * Bt ? "bad" : "warn", `${a.agent} is ${f} behind`, h.topic, l, "lag");
    }
  }
  if ((e.retry_depth ?? 0) >= Hr && s("retries", "warn", `${U(e.retry_depth, "event")} wait for another attempt`, "", R("topology"), "retry-depth"), (e.dead_letter_backlog ?? 0) > 0) {
    const a = `${U(e.dead_letter_backlog, "dead letter")} to look at`;
    s("backlog", "warn", a, "look at the reason, then replay", R("letters", { state: "pending" }), "dead-letters");
  }
  return r;
}
function Gr(e) {
  const t = /* @__PURE__ */ new Map();
  for (const n of e.tables)
    n.state === "recovering" && t.set(n.table, (t.get(n.table) ?? 0) + 1);
  return [...t].map(([n, r]) => ({
    kind: "recovery",
    severity: "warn",
    text: `${n} is read back from its log`,
    detail: U(r, "partition"),
    href: R("tables"),
    runbook: "recovery-time"
  }));
}
const Kr = 120, Xr = 6e4;
class Jr {
  #e = /* @__PURE__ */ new Map();
  add(t, n) {
    const r = /* @__PURE__ */ new Set();
    for (const s of t.streams) {
      r.add(s.agent);
      const i = this.#e.get(s.agent) ?? [], a = s.sources.reduce((l, c) => Math.max(l, c.lag_seconds ?? 0), 0);
      i.push({ at: n, in: s.rates.in, failed: s.rates.failed, lag: a, dead: s.dead_lettered }), i.length > Kr && i.shift(), this.#e.set(s.agent, i);
    }
    for (const s of this.#e.keys()) r.has(s) || this.#e.delete(s);
  }
  of(t) {
    return this.#e.get(t) ?? [];
  }
  /** Agents that put events aside in the last minute, and how many. A worker that leaves takes its counts with it. */
  dying(t) {
    const n = /* @__PURE__ */ new Map();
    for (const [r, s] of this.#e) {
      const i = s.filter((l) => t - l.at <= Xr);
      let a = 0;
      for (let l = 1; l < i.length; l += 1) a += Math.max(0, i[l].dead - i[l - 1].dead);
      a > 0 && n.set(r, a);
    }
    return n;
  }
}
const Zr = 15e3;
class Qr {
  constructor(t, n, r, s, i) {
    this.caller = n, this.clock = s, this.api = new In(t, r), this.api.onRefused = i, this.streams = new At(this.api, "/stats/streams", s), this.tables = new At(this.api, "/stats/tables", s), this.now = new fe(s.now());
  }
  api;
  streams;
  tables;
  /** Set again only when the declared agents have changed, since every change is a new layout. */
  topology = new fe(null);
  topologyError = new fe("");
  troubles = new fe([]);
  now;
  history = new Jr();
  #e = new AbortController();
  #t = "";
  #n = 0;
  may(t) {
    return this.caller.may.includes(t);
  }
  start() {
    this.streams.value.subscribe(() => this.#i()), this.streams.standing.subscribe(() => this.#r()), this.tables.value.subscribe(() => this.#r()), this.streams.start(), this.tables.start(), this.#s();
  }
  stop() {
    this.#e.abort(), this.streams.stop(), this.tables.stop();
  }
  async #s() {
    for (; !this.#e.signal.aborted; )
      this.now.set(this.clock.now()), this.#r(), this.now.value - this.#n >= Zr && await this.#o(), await this.clock.sleep(1e3, this.#e.signal).catch(() => {
      });
  }
  #i() {
    const t = this.streams.value.value;
    this.history.add(t, this.clock.now());
    const n = t.streams.map((r) => r.agent).join(`
`);
    n !== this.#t && (this.#n = 0), this.#t = n, this.#r();
  }
  async #o() {
    this.#n = this.clock.now();
    try {
      const t = await this.api.get("/stats/topology");
      Wt(t) !== Wt(this.topology.value) && this.topology.set(t), this.topologyError.set("");
    } catch (t) {
      this.topologyError.set(t instanceof ee ? t.message : String(t));
    }
  }
  #r() {
    const t = this.clock.now(), n = Yr(
      {
        standing: this.streams.standing.value,
        streams: this.streams.value.value,
        tables: this.tables.value.value,
        dying: this.history.dying(t)
      },
      t
    );
    JSON.stringify(n) !== JSON.stringify(this.troubles.value) && this.troubles.set(n);
  }
}
const ht = "pavilion-console-theme";
function Pn() {
  const e = localStorage.getItem(ht);
  return e === "light" || e === "dark" ? e : "";
}
function Rn(e) {
  e === "" ? localStorage.removeItem(ht) : localStorage.setItem(ht, e), document.documentElement.dataset.theme = e;
}
const Dn = yr(null);
function H() {
  return Nr(Dn);
}
function K(e) {
  const [t, n] = D(() => e.value);
  return Q(() => (n(() => e.value), e.subscribe(() => n(() => e.value))), [e]), t;
}
function ce(e, t) {
  const [n, r] = D(0), [s, i] = D({
    key: e,
    value: null,
    error: "",
    busy: !0
  });
  Q(() => {
    let l = !0;
    return i((c) => ({ key: e, value: c.key === e ? c.value : null, error: "", busy: !0 })), t().then(
      (c) => l && i({ key: e, value: c, error: "", busy: !1 }),
      (c) => l && i({ key: e, value: null, error: le(c), busy: !1 })
    ), () => {
      l = !1;
    };
  }, [e, n]);
  const a = s.key === e ? s : { value: null, error: "", busy: !0 };
  return { value: a.value, error: a.error, busy: a.busy, again: () => r((l) => l + 1) };
}
function B({ at: e }) {
  const t = K(H().now);
  if (e === null) return /* @__PURE__ */ o("span", { class: "quiet", children: ie });
  const n = typeof e == "number" ? e : Date.parse(e);
  return /* @__PURE__ */ o("time", { dateTime: new Date(n).toISOString(), title: $e(n), children: Tn(n, t) });
}
function W({ tone: e = "", children: t }) {
  return /* @__PURE__ */ o("span", { class: `chip ${e}`, children: t });
}
function G({ title: e, children: t }) {
  return /* @__PURE__ */ o("div", { class: "empty", children: [
    /* @__PURE__ */ o("strong", { children: e }),
    t !== void 0 && /* @__PURE__ */ o("p", { children: t })
  ] });
}
function z({ reason: e, again: t }) {
  return /* @__PURE__ */ o("div", { class: "notice bad", role: "alert", children: [
    /* @__PURE__ */ o("span", { children: e }),
    t !== void 0 && /* @__PURE__ */ o("button", { type: "button", class: "button", onClick: t, children: "Try again" })
  ] });
}
function X({ rows: e = 4 }) {
  return /* @__PURE__ */ o("div", { class: "bones", role: "status", "aria-label": "Loading", children: Array.from({ length: e }, (t, n) => /* @__PURE__ */ o("i", {}, n)) });
}
function Oe({ title: e, note: t, children: n }) {
  return /* @__PURE__ */ o("div", { class: "heading", children: [
    /* @__PURE__ */ o("div", { children: [
      /* @__PURE__ */ o("h1", { children: e }),
      t && /* @__PURE__ */ o("p", { class: "quiet", children: t })
    ] }),
    /* @__PURE__ */ o("div", { class: "tools", children: n })
  ] });
}
function V({ name: e, value: t, title: n, tone: r = "" }) {
  return /* @__PURE__ */ o("div", { class: `figure ${r}`, title: n, children: [
    /* @__PURE__ */ o("span", { class: "quiet", children: e }),
    /* @__PURE__ */ o("b", { children: t })
  ] });
}
const [ze, ve] = [240, 44];
function Ge({ samples: e, of: t, name: n }) {
  const r = e.map(t), s = Math.max(...r, 1e-9), i = ze / Math.max(1, r.length - 1), a = (c) => (ve - 2 - c / s * (ve - 6)).toFixed(1), l = r.map((c, d) => `${(d * i).toFixed(1)},${a(c)}`).join(" ");
  return /* @__PURE__ */ o("svg", { class: "spark", viewBox: `0 0 ${ze} ${ve}`, preserveAspectRatio: "none", role: "img", "aria-label": n, children: [
    r.length > 1 && /* @__PURE__ */ o("polygon", { points: `0,${ve} ${l} ${ze},${ve}` }),
    r.length > 1 && /* @__PURE__ */ o("polyline", { points: l })
  ] });
}
function es({ path: e }) {
  return /* @__PURE__ */ o("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", children: /* @__PURE__ */ o("path", { d: e }) });
}
const ts = { closed: "good", "half-open": "warn", open: "bad" }, ns = {
  closed: "works",
  open: "away: calls are held back until the next attempt",
  "half-open": "tried with one call"
};
function rs() {
  const e = K(H().streams.value);
  if (e === null) return /* @__PURE__ */ o(X, { rows: 4 });
  const t = (i) => +(i === "closed"), n = [...e.dependencies ?? []].sort((i, a) => t(i.state) - t(a.state) || i.name.localeCompare(a.name)), r = e.retry_depth, s = e.dead_letter_backlog;
  return /* @__PURE__ */ o("section", { "aria-label": "Dependencies", children: [
    /* @__PURE__ */ o(Oe, { title: "Dependencies", note: "One circuit breaker for each; over several workers, the worst state that one of them sees." }),
    /* @__PURE__ */ o("div", { class: "figures wide", children: [
      /* @__PURE__ */ o(V, { name: "events that wait for another attempt", value: C(r), tone: r ? "warn" : "" }),
      /* @__PURE__ */ o(V, { name: "dead letters to look at", value: C(s), tone: s ? "bad" : "" })
    ] }),
    n.length === 0 ? /* @__PURE__ */ o(G, { title: "No dependency is known yet", children: e.note }) : /* @__PURE__ */ o("div", { class: "card", children: /* @__PURE__ */ o("table", { class: "rows", children: [
      /* @__PURE__ */ o("thead", { children: /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("th", { children: "Dependency" }),
        /* @__PURE__ */ o("th", { children: "Breaker" }),
        /* @__PURE__ */ o("th", { children: "Since" }),
        /* @__PURE__ */ o("th", { class: "number", children: "Failures in a row" }),
        /* @__PURE__ */ o("th", { children: "Last error" }),
        /* @__PURE__ */ o("th", { children: "Next attempt" }),
        /* @__PURE__ */ o("th", { children: "Workers that see it so" }),
        /* @__PURE__ */ o("th", { children: "Agents that wait" })
      ] }) }),
      /* @__PURE__ */ o("tbody", { children: n.map((i) => /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("th", { scope: "row", children: i.name }),
        /* @__PURE__ */ o("td", { children: [
          /* @__PURE__ */ o(W, { tone: ts[i.state] ?? "warn", children: i.state }),
          /* @__PURE__ */ o("small", { children: ns[i.state] })
        ] }),
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(B, { at: i.since }) }),
        /* @__PURE__ */ o("td", { class: "number", children: C(i.failures) }),
        /* @__PURE__ */ o("td", { class: "wrap", children: i.last_error ?? /* @__PURE__ */ o("span", { class: "quiet", children: "none" }) }),
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(B, { at: i.next_attempt }) }),
        /* @__PURE__ */ o("td", { class: "wrap", children: /* @__PURE__ */ o("code", { children: i.state === "closed" ? "" : (i.workers ?? []).join(" ") }) }),
        /* @__PURE__ */ o("td", { class: "wrap", children: e.streams.filter((a) => a.waiting_for.includes(i.name)).map((a) => /* @__PURE__ */ o("a", { class: "listed", href: R("topology", { agent: a.agent }), children: a.agent }, a.agent)) })
      ] }, i.name)) })
    ] }) })
  ] });
}
const Ke = 3;
function ss() {
  const e = H(), t = K(e.troubles), n = K(e.streams.standing), r = K(e.streams.value), [s, i] = D(!1), a = t.some((d) => d.severity === "bad") ? "bad" : t.length > 0 ? "warn" : r === null ? "" : "good", l = { bad: "Needs attention", warn: "Works, with something to look at", good: "All is well", "": "Connecting" }[a], c = s ? t : t.slice(0, Ke);
  return /* @__PURE__ */ o("section", { class: `health ${a}`, "aria-label": "Health", children: [
    /* @__PURE__ */ o("div", { class: "overall", children: [
      /* @__PURE__ */ o("strong", { role: "status", children: l }),
      /* @__PURE__ */ o("span", { class: `live ${n.state}`, title: $e(n.since), "data-standing": n.state, children: n.state === "live" ? "live" : n.state === "connecting" ? "connecting…" : `stale since ${$e(n.since).slice(11, 19)} UTC` })
    ] }),
    t.length > 0 && /* @__PURE__ */ o("ol", { children: c.map((d) => /* @__PURE__ */ o("li", { class: d.severity, "data-kind": d.kind, children: [
      /* @__PURE__ */ o("a", { href: d.href, children: d.text }),
      /* @__PURE__ */ o("span", { class: "quiet", children: d.detail }),
      /* @__PURE__ */ o("code", { title: "What to do: this page of the documentation", children: [
        "runbook/",
        d.runbook,
        ".md"
      ] })
    ] }, `${d.kind} ${d.href} ${d.runbook}`)) }),
    t.length > Ke && /* @__PURE__ */ o("button", { type: "button", class: "button plain", "aria-expanded": s, onClick: () => i(!s), children: s ? "Show less" : `And ${U(t.length - Ke, "more", "more")}` })
  ] });
}
const Ht = 16;
function An(e) {
  return Uint8Array.from(atob(e), (t) => t.charCodeAt(0));
}
function is(e) {
  const t = new TextDecoder().decode(e), n = t.includes("�");
  try {
    const r = JSON.parse(t);
    if (typeof r == "object" && r !== null)
      return { text: JSON.stringify(r, null, 2), json: !0, damaged: n };
  } catch {
  }
  return { text: t, json: !1, damaged: n };
}
function os(e, t) {
  const n = [];
  for (let r = 0; r < Math.min(e.length, t); r += Ht) {
    const s = [...e.subarray(r, Math.min(r + Ht, t))];
    n.push({
      offset: r.toString(16).padStart(6, "0"),
      hex: s.map((i) => i.toString(16).padStart(2, "0")).join(" "),
      text: s.map((i) => i >= 32 && i < 127 ? String.fromCharCode(i) : "·").join("")
    });
  }
  return n;
}
const Me = 16 * 1024;
function as({ id: e, found: t, onClose: n, onReplay: r }) {
  const s = H(), i = ce(t === null ? e : `${e} is here`, () => t === null ? s.api.letter(e) : Promise.resolve(t)), a = t ?? i.value;
  return /* @__PURE__ */ o("aside", { class: "panel letter", "aria-label": "Dead letter", onKeyDown: (l) => l.key === "Escape" && n(), children: [
    /* @__PURE__ */ o("header", { children: [
      /* @__PURE__ */ o("div", { children: [
        /* @__PURE__ */ o("span", { class: "quiet", children: "dead letter" }),
        /* @__PURE__ */ o("h2", { children: a?.error ?? "…" })
      ] }),
      /* @__PURE__ */ o("button", { type: "button", class: "button plain", "aria-label": "Close", onClick: n, children: "✕" })
    ] }),
    i.error !== "" && /* @__PURE__ */ o(z, { reason: i.error, again: i.again }),
    a === null ? i.error === "" && /* @__PURE__ */ o(X, {}) : /* @__PURE__ */ o(ls, { letter: a }),
    a !== null && s.may("replay-dead-letters") && /* @__PURE__ */ o("button", { type: "button", class: "button primary", onClick: r, children: a.state === "pending" ? "Replay this letter…" : "Replay this letter again…" })
  ] });
}
function ls({ letter: e }) {
  return /* @__PURE__ */ o(Y, { children: [
    /* @__PURE__ */ o("p", { class: "reason", children: e.message }),
    /* @__PURE__ */ o("dl", { class: "pairs", children: [
      /* @__PURE__ */ o("dt", { children: "Agent" }),
      /* @__PURE__ */ o("dd", { children: /* @__PURE__ */ o("a", { href: R("topology", { agent: e.agent }), children: e.agent }) }),
      /* @__PURE__ */ o("dt", { children: "Origin" }),
      /* @__PURE__ */ o("dd", { children: [
        e.topic,
        ", partition ",
        e.partition,
        ", offset ",
        /* @__PURE__ */ o("code", { children: e.offset })
      ] }),
      /* @__PURE__ */ o("dt", { children: "Key" }),
      /* @__PURE__ */ o("dd", { children: e.key === "" ? /* @__PURE__ */ o("span", { class: "quiet", children: "none" }) : /* @__PURE__ */ o("code", { children: e.key }) }),
      /* @__PURE__ */ o("dt", { children: "Put aside" }),
      /* @__PURE__ */ o("dd", { children: /* @__PURE__ */ o(B, { at: e.time }) }),
      /* @__PURE__ */ o("dt", { children: "Published" }),
      /* @__PURE__ */ o("dd", { children: /* @__PURE__ */ o(B, { at: e.published_ms || null }) }),
      /* @__PURE__ */ o("dt", { children: "Attempts" }),
      /* @__PURE__ */ o("dd", { children: e.attempts }),
      /* @__PURE__ */ o("dt", { children: "State" }),
      /* @__PURE__ */ o("dd", { children: [
        e.state === "pending" ? /* @__PURE__ */ o(W, { tone: "warn", children: "pending" }) : /* @__PURE__ */ o(W, { tone: "good", children: "replayed" }),
        e.replayed_at !== null && /* @__PURE__ */ o(Y, { children: [
          " ",
          /* @__PURE__ */ o(B, { at: e.replayed_at }),
          " by ",
          e.replayed_by,
          ": ",
          e.replay_result
        ] })
      ] }),
      /* @__PURE__ */ o("dt", { children: "Id" }),
      /* @__PURE__ */ o("dd", { children: /* @__PURE__ */ o("code", { children: e.id }) }),
      Object.entries(e.properties).map(([t, n]) => [
        /* @__PURE__ */ o("dt", { children: t }, `${t} name`),
        /* @__PURE__ */ o("dd", { children: /* @__PURE__ */ o("code", { children: n }) }, t)
      ])
    ] }),
    /* @__PURE__ */ o(cs, { payload: e.payload })
  ] });
}
function cs({ payload: e }) {
  const [t, n] = D("text"), r = An(e), { text: s, json: i, damaged: a } = is(r.subarray(0, Me));
  return /* @__PURE__ */ o(Y, { children: [
    /* @__PURE__ */ o("div", { class: "bytes-head", children: [
      /* @__PURE__ */ o("h3", { children: _e(r.length) }),
      a && /* @__PURE__ */ o(W, { tone: "warn", children: "not UTF-8" }),
      i && /* @__PURE__ */ o(W, { children: "JSON" }),
      /* @__PURE__ */ o("span", { class: "switch", role: "group", "aria-label": "Show bytes as", children: ["text", "hex"].map((l) => /* @__PURE__ */ o("button", { type: "button", "aria-pressed": t === l, onClick: () => n(l), children: l === "text" ? "Text" : "Hex" }, l)) })
    ] }),
    t === "text" ? /* @__PURE__ */ o("pre", { class: "bytes", children: s }) : /* @__PURE__ */ o("pre", { class: "bytes hex", children: os(r, Me).map((l) => /* @__PURE__ */ o("div", { children: [
      /* @__PURE__ */ o("span", { class: "quiet", children: l.offset }),
      `  ${l.hex.padEnd(47)}  `,
      /* @__PURE__ */ o("span", { children: l.text })
    ] }, l.offset)) }),
    r.length > Me && /* @__PURE__ */ o("p", { class: "quiet", children: [
      U(r.length - Me, "further byte"),
      " are not shown."
    ] })
  ] });
}
function ds({ chosen: e, onClose: t }) {
  const n = H(), r = be(null), s = ce(JSON.stringify(e), () => n.api.replay(e, !0)), [i, a] = D(!1), [l, c] = D(null);
  Q(() => r.current.showModal(), []);
  const d = async () => {
    a(!0);
    const u = { replayed: 0, failed: [], error: "" };
    try {
      for (let p = 1; p > 0; ) {
        const f = await n.api.replay(e, !1);
        u.replayed += f.replayed, u.failed.push(...f.failed), c({ ...u, failed: [...u.failed] }), p = f.replayed > 0 ? f.remaining : 0;
      }
    } catch (p) {
      c({ ...u, error: le(p) });
    } finally {
      a(!1);
    }
  };
  return /* @__PURE__ */ o("dialog", { ref: r, class: "card", "aria-labelledby": "replay-title", onCancel: (u) => i && u.preventDefault(), onClose: () => t(l !== null), children: [
    /* @__PURE__ */ o("h2", { id: "replay-title", children: "Replay dead letters" }),
    /* @__PURE__ */ o("p", { class: "quiet", children: "ids" in e ? "One letter, whatever became of it before." : hs(e.filters) }),
    s.busy && /* @__PURE__ */ o(X, { rows: 2 }),
    s.error !== "" && /* @__PURE__ */ o(z, { reason: s.error, again: s.again }),
    s.value !== null && l === null && /* @__PURE__ */ o("p", { class: "count", role: "status", children: [
      /* @__PURE__ */ o("b", { children: U(s.value.matched, "letter") }),
      " would be published again to where ",
      s.value.matched === 1 ? "it" : "they",
      " failed. Nothing is published yet."
    ] }),
    l !== null && /* @__PURE__ */ o("p", { class: "count", role: "status", children: [
      /* @__PURE__ */ o("b", { children: U(l.replayed, "letter") }),
      " replayed",
      i ? " so far…" : ".",
      " What fails again comes back here with one more try."
    ] }),
    l !== null && l.failed.length > 0 && /* @__PURE__ */ o(z, { reason: `${U(l.failed.length, "letter")} could not be published: ${l.failed[0].reason}` }),
    l !== null && l.error !== "" && /* @__PURE__ */ o(z, { reason: l.error }),
    /* @__PURE__ */ o("div", { class: "tools", children: [
      /* @__PURE__ */ o("button", { type: "button", class: "button", disabled: i, onClick: () => r.current.close(), children: l === null ? "Cancel" : "Close" }),
      l === null && /* @__PURE__ */ o("button", { type: "button", class: "button primary", disabled: i || (s.value?.matched ?? 0) === 0, onClick: () => void d(), children: i ? "Replaying…" : `Replay ${s.value === null ? "" : U(s.value.matched, "letter")}` })
    ] })
  ] });
}
function hs(e) {
  return `All with ${Object.entries(e).map(([n, r]) => `${n} ${r}`).join(", ")}.`;
}
function us({ round: e }) {
  const [t, n] = D(!1);
  return /* @__PURE__ */ o("details", { class: "card replays", onToggle: (r) => n(r.currentTarget.open), children: [
    /* @__PURE__ */ o("summary", { children: "Who replayed what" }),
    t && /* @__PURE__ */ o(fs, { round: e })
  ] });
}
function fs({ round: e }) {
  const t = H(), { value: n, error: r, again: s } = ce(`replays ${e}`, () => t.api.replays(null));
  return r !== "" ? /* @__PURE__ */ o(z, { reason: r, again: s }) : n === null ? /* @__PURE__ */ o(X, { rows: 3 }) : n.data.length === 0 ? /* @__PURE__ */ o(G, { title: "Nothing was replayed yet" }) : /* @__PURE__ */ o("table", { class: "rows", children: [
    /* @__PURE__ */ o("thead", { children: /* @__PURE__ */ o("tr", { children: [
      /* @__PURE__ */ o("th", { children: "When" }),
      /* @__PURE__ */ o("th", { children: "By" }),
      /* @__PURE__ */ o("th", { children: "Letter" }),
      /* @__PURE__ */ o("th", { class: "number", children: "After tries" }),
      /* @__PURE__ */ o("th", { children: "Result" })
    ] }) }),
    /* @__PURE__ */ o("tbody", { children: n.data.map((i) => /* @__PURE__ */ o("tr", { children: [
      /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(B, { at: i.time }) }),
      /* @__PURE__ */ o("td", { children: i.by }),
      /* @__PURE__ */ o("td", { class: "wrap", children: /* @__PURE__ */ o("code", { children: i.id }) }),
      /* @__PURE__ */ o("td", { class: "number", children: i.attempts }),
      /* @__PURE__ */ o("td", { children: i.result })
    ] }, `${i.time} ${i.id}`)) })
  ] });
}
const Vt = 50, Fn = { "15 min": 15, "1 h": 60, "24 h": 1440, "7 d": 10080 }, ps = ["text", "agent", "topic", "error", "type", "state", "period", "from", "to"];
function gs(e, t) {
  const n = {};
  for (const i of ["text", "agent", "topic", "error", "type"]) e[i] && (n[i] = e[i]);
  (e.state === "pending" || e.state === "replayed") && (n.state = e.state);
  const r = Fn[e.period ?? ""], s = r === void 0 ? e.from : new Date(t - r * 6e4).toISOString();
  return s && (n.since = Yt(s)), e.to && (n.until = Yt(e.to)), n;
}
function Yt(e) {
  return /Z$|[+-]\d\d:\d\d$/.test(e) ? e : `${e.length === 16 ? `${e}:00` : e}Z`;
}
function _s({ route: e }) {
  const t = H(), n = Object.fromEntries(ps.map((g) => [g, e.query[g] ?? ""])), r = JSON.stringify(n), [s, i] = D(() => Date.now()), a = gs(n, s), l = ce(`${r} ${s}`, () => t.api.letters(a, null, Vt)), [c, d] = D(null), [h, u] = D(null), p = () => i(Date.now()), f = l.value === null ? [] : [l.value, ...c?.of === l.value ? c.pages : []], m = f.flatMap((g) => g.data), y = f.at(-1)?.page.next ?? null, b = e.query.letter ?? "", v = (g) => R("letters", { ...n, letter: g }), _ = async () => {
    const g = l.value, w = c?.of === g ? c.pages : [];
    d({ of: g, pages: w, busy: !0, error: "" });
    try {
      const k = await t.api.letters(a, y, Vt);
      d({ of: g, pages: [...w, k], busy: !1, error: "" });
    } catch (k) {
      d({ of: g, pages: w, busy: !1, error: le(k) });
    }
  };
  return /* @__PURE__ */ o("section", { class: "letters", "aria-label": "Dead letters", children: [
    /* @__PURE__ */ o(Oe, { title: "Dead letters", note: "What could not be processed, oldest first. Replay it once its cause is gone: nobody is told twice.", children: [
      /* @__PURE__ */ o("button", { type: "button", class: "button", onClick: p, children: "Look again" }),
      t.may("replay-dead-letters") && /* @__PURE__ */ o("button", { type: "button", class: "button primary", onClick: () => u({ filters: { ...a, state: "pending" } }), children: "Replay all that match…" })
    ] }),
    /* @__PURE__ */ o(bs, { query: n }, r),
    /* @__PURE__ */ o("div", { class: "split", children: [
      /* @__PURE__ */ o("div", { class: "main", children: [
        l.error !== "" && /* @__PURE__ */ o(z, { reason: l.error, again: p }),
        l.busy && l.value === null && /* @__PURE__ */ o(X, { rows: 8 }),
        l.value !== null && m.length === 0 && /* @__PURE__ */ o(ms, { filtered: Object.keys(a).length > 0 }),
        m.length > 0 && /* @__PURE__ */ o("div", { class: "card", children: [
          /* @__PURE__ */ o("table", { class: "rows fixed letters-table", children: [
            /* @__PURE__ */ o("thead", { children: /* @__PURE__ */ o("tr", { children: [
              /* @__PURE__ */ o("th", { class: "when", children: "Put aside" }),
              /* @__PURE__ */ o("th", { class: "agent", children: "Agent" }),
              /* @__PURE__ */ o("th", { children: "Reason" }),
              /* @__PURE__ */ o("th", { class: "from", children: "From" }),
              /* @__PURE__ */ o("th", { class: "number size", children: "Bytes" }),
              /* @__PURE__ */ o("th", { class: "number size", children: "Tries" }),
              /* @__PURE__ */ o("th", { class: "state", children: "State" })
            ] }) }),
            /* @__PURE__ */ o("tbody", { children: m.map((g) => /* @__PURE__ */ o("tr", { class: g.id === b ? "chosen" : "", "data-letter": g.id, children: [
              /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o("a", { href: v(g.id === b ? "" : g.id), children: /* @__PURE__ */ o(B, { at: g.time }) }) }),
              /* @__PURE__ */ o("td", { children: g.agent }),
              /* @__PURE__ */ o("td", { title: g.message, children: [
                /* @__PURE__ */ o("b", { children: g.error }),
                " ",
                /* @__PURE__ */ o("span", { class: "quiet", children: g.message })
              ] }),
              /* @__PURE__ */ o("td", { title: `${g.topic}, partition ${g.partition}, offset ${g.offset}`, children: [
                g.topic,
                " ",
                /* @__PURE__ */ o("span", { class: "quiet", children: [
                  "/",
                  g.partition
                ] })
              ] }),
              /* @__PURE__ */ o("td", { class: "number", children: _e(An(g.payload).length) }),
              /* @__PURE__ */ o("td", { class: "number", children: g.attempts }),
              /* @__PURE__ */ o("td", { children: g.state === "pending" ? /* @__PURE__ */ o(W, { tone: "warn", children: "pending" }) : /* @__PURE__ */ o(W, { tone: "good", children: "replayed" }) })
            ] }, g.id)) })
          ] }),
          c?.error && /* @__PURE__ */ o(z, { reason: c.error }),
          y !== null && /* @__PURE__ */ o("button", { type: "button", class: "button more", disabled: c?.busy, onClick: () => void _(), children: "Show more" })
        ] }),
        /* @__PURE__ */ o(us, { round: s })
      ] }),
      b !== "" && /* @__PURE__ */ o(
        as,
        {
          id: b,
          found: m.find((g) => g.id === b) ?? null,
          onClose: () => location.replace(v("")),
          onReplay: () => u({ ids: [b] })
        },
        `${b} ${s}`
      )
    ] }),
    h !== null && /* @__PURE__ */ o(
      ds,
      {
        chosen: h,
        onClose: (g) => {
          u(null), g && p();
        }
      }
    )
  ] });
}
function ms({ filtered: e }) {
  return e ? /* @__PURE__ */ o(G, { title: "No letter is like that", children: "Take a filter away, or look further back." }) : /* @__PURE__ */ o(G, { title: "No dead letters", children: "Everything that came was processed, or is being tried again." });
}
function bs({ query: e }) {
  const t = (s) => {
    s.preventDefault();
    const i = Object.fromEntries(new FormData(s.currentTarget));
    location.hash = R("letters", i);
  }, n = (s) => s.currentTarget.form.requestSubmit(), r = (s, i, a, l = "") => /* @__PURE__ */ o("label", { class: l, children: [
    /* @__PURE__ */ o("span", { children: i }),
    /* @__PURE__ */ o("input", { name: s, value: e[s], placeholder: a, autocomplete: "off", spellcheck: !1 })
  ] });
  return /* @__PURE__ */ o("form", { class: "filters", role: "search", onSubmit: t, children: [
    r("text", "Text", "in the bytes, reason, key or id", "wide"),
    r("agent", "Agent", "any"),
    r("topic", "Topic", "any"),
    r("error", "Reason", "InvalidEventType"),
    r("type", "Type", "video.liked"),
    /* @__PURE__ */ o("label", { children: [
      /* @__PURE__ */ o("span", { children: "State" }),
      /* @__PURE__ */ o("select", { name: "state", value: e.state, onChange: n, children: [
        /* @__PURE__ */ o("option", { value: "", children: "any" }),
        /* @__PURE__ */ o("option", { value: "pending", children: "pending" }),
        /* @__PURE__ */ o("option", { value: "replayed", children: "replayed" })
      ] })
    ] }),
    /* @__PURE__ */ o("label", { children: [
      /* @__PURE__ */ o("span", { children: "Period" }),
      /* @__PURE__ */ o("select", { name: "period", value: e.period, onChange: n, children: [
        /* @__PURE__ */ o("option", { value: "", children: "from … to" }),
        Object.keys(Fn).map((s) => /* @__PURE__ */ o("option", { value: s, children: [
          "last ",
          s
        ] }, s))
      ] })
    ] }),
    e.period === "" && /* @__PURE__ */ o(Y, { children: [
      /* @__PURE__ */ o("label", { children: [
        /* @__PURE__ */ o("span", { children: "From (UTC)" }),
        /* @__PURE__ */ o("input", { name: "from", type: "datetime-local", value: e.from })
      ] }),
      /* @__PURE__ */ o("label", { children: [
        /* @__PURE__ */ o("span", { children: "To (UTC)" }),
        /* @__PURE__ */ o("input", { name: "to", type: "datetime-local", value: e.to })
      ] })
    ] }),
    /* @__PURE__ */ o("button", { class: "button", children: "Search" }),
    /* @__PURE__ */ o("a", { class: "button plain", href: R("letters"), children: "Clear" })
  ] });
}
const Xe = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, ws = ["", "unseen", "unread", "read", "archived"];
function vs({ route: e }) {
  const t = e.id.toLowerCase(), [n, r] = D("");
  return /* @__PURE__ */ o("section", { "aria-label": "People", children: [
    /* @__PURE__ */ o(Oe, { title: "People", note: "What a user sees, and where the user's devices stand. Each look is written to the audit, with your key's role and whose inbox it was." }),
    /* @__PURE__ */ o("form", { class: "filters", role: "search", onSubmit: (i) => {
      i.preventDefault();
      const a = String(new FormData(i.currentTarget).get("user")).trim();
      r(Xe.test(a) ? "" : "A user's id is a UUID."), Xe.test(a) && (location.hash = R("people", {}, a.toLowerCase()));
    }, children: [
      /* @__PURE__ */ o("label", { class: "wide", children: [
        /* @__PURE__ */ o("span", { children: "User id" }),
        /* @__PURE__ */ o("input", { name: "user", value: t, placeholder: "0d3a0000-0000-4000-8000-000000000001", autocomplete: "off", spellcheck: !1, required: !0, "aria-describedby": "user-wrong" })
      ] }),
      /* @__PURE__ */ o("button", { class: "button primary", children: "Look" }),
      /* @__PURE__ */ o("span", { id: "user-wrong", class: "bad", role: "alert", children: n })
    ] }, t),
    t === "" ? /* @__PURE__ */ o(G, { title: "Whose inbox?", children: "Enter the id that the user's report came with." }) : Xe.test(t) ? /* @__PURE__ */ o(ys, { user: t }, t) : /* @__PURE__ */ o(z, { reason: "A user's id is a UUID." })
  ] });
}
function ys({ user: e }) {
  const t = H(), n = ce(`inbox ${e}`, () => t.api.inbox(e));
  return n.error !== "" ? /* @__PURE__ */ o(z, { reason: n.error, again: n.again }) : n.value === null ? /* @__PURE__ */ o(X, { rows: 6 }) : /* @__PURE__ */ o(Y, { children: [
    /* @__PURE__ */ o(ks, { inbox: n.value }),
    /* @__PURE__ */ o("div", { class: "columns", children: [
      /* @__PURE__ */ o(xs, { inbox: n.value }),
      /* @__PURE__ */ o($s, { user: e })
    ] }),
    /* @__PURE__ */ o(Ns, { user: e })
  ] });
}
function ks({ inbox: e }) {
  const t = (n) => n === null ? "is connecting" : n.epoch !== e.position.epoch ? "has lost its position, and loads again" : Es(e.position.offset - n.offset);
  return /* @__PURE__ */ o("div", { class: "card detail", children: [
    /* @__PURE__ */ o("h2", { children: e.name ?? "No name is known" }),
    /* @__PURE__ */ o("div", { class: "figures wide", children: [
      /* @__PURE__ */ o(V, { name: "unseen", value: String(e.unseen) }),
      /* @__PURE__ */ o(V, { name: "unread", value: String(e.unread) }),
      /* @__PURE__ */ o(V, { name: "position", value: String(e.position.offset), title: `epoch ${e.position.epoch}, tail ${e.position.tail}` }),
      /* @__PURE__ */ o(V, { name: "withheld since", value: e.withheld_since === null ? "–" : String(e.withheld_since), title: "Offset of the first entry that quiet hours withhold" }),
      /* @__PURE__ */ o(V, { name: "sockets at this gateway", value: String(e.sockets.length) })
    ] }),
    e.sockets.length > 0 && /* @__PURE__ */ o("table", { class: "rows", children: [
      /* @__PURE__ */ o("thead", { children: /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("th", { children: "Socket of session" }),
        /* @__PURE__ */ o("th", { children: "Open since" }),
        /* @__PURE__ */ o("th", { class: "number", children: "Position" }),
        /* @__PURE__ */ o("th", { children: "Compared with the inbox" }),
        /* @__PURE__ */ o("th", { class: "number", children: "Frames waiting" })
      ] }) }),
      /* @__PURE__ */ o("tbody", { children: e.sockets.map((n, r) => /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o("code", { children: n.session_id || "–" }) }),
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(B, { at: n.since }) }),
        /* @__PURE__ */ o("td", { class: "number", children: n.position?.offset ?? "–" }),
        /* @__PURE__ */ o("td", { children: t(n.position) }),
        /* @__PURE__ */ o("td", { class: "number", children: n.queued })
      ] }, `${n.session_id} ${n.since} ${r}`)) })
    ] })
  ] });
}
function Es(e) {
  return e <= 0 ? "was told everything" : `${e} behind`;
}
function xs({ inbox: e }) {
  const { types: t, quiet_hours: n } = e.preferences, r = Object.keys(t).filter((s) => !t[s]);
  return /* @__PURE__ */ o("div", { class: "card detail", children: [
    /* @__PURE__ */ o("h3", { children: "Preferences" }),
    /* @__PURE__ */ o("dl", { class: "pairs", children: [
      /* @__PURE__ */ o("dt", { children: "Quiet hours" }),
      /* @__PURE__ */ o("dd", { children: n === null ? "none" : `${n.start} to ${n.end}, ${n.time_zone}` }),
      /* @__PURE__ */ o("dt", { children: "Turned off" }),
      /* @__PURE__ */ o("dd", { children: r.length === 0 ? "nothing" : r.map((s) => /* @__PURE__ */ o(W, { children: s }, s)) }),
      /* @__PURE__ */ o("dt", { children: "Wanted" }),
      /* @__PURE__ */ o("dd", { children: [
        Object.keys(t).length - r.length,
        " types"
      ] })
    ] })
  ] });
}
function $s({ user: e }) {
  const t = H(), { value: n, error: r, again: s } = ce(`sessions ${e}`, () => t.api.sessions(e));
  return /* @__PURE__ */ o("div", { class: "card detail", children: [
    /* @__PURE__ */ o("h3", { children: "Sessions" }),
    r !== "" && /* @__PURE__ */ o(z, { reason: r, again: s }),
    n?.data.length === 0 && /* @__PURE__ */ o("p", { class: "quiet", children: "None stands: the user is signed out everywhere." }),
    n !== null && n.data.length > 0 && /* @__PURE__ */ o("table", { class: "rows", children: [
      /* @__PURE__ */ o("thead", { children: /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("th", { children: "Session" }),
        /* @__PURE__ */ o("th", { children: "Opened" }),
        /* @__PURE__ */ o("th", { children: "Refreshed" }),
        /* @__PURE__ */ o("th", { children: "Ends" })
      ] }) }),
      /* @__PURE__ */ o("tbody", { children: n.data.map((i) => /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o("code", { title: i.session_id, children: i.session_id.slice(0, 8) }) }),
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(B, { at: i.opened_at }) }),
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(B, { at: i.refreshed_at }) }),
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(B, { at: i.expires_at }) })
      ] }, i.session_id)) })
    ] })
  ] });
}
function Ns({ user: e }) {
  const t = H(), [n, r] = D(""), s = ce(`notifications ${e} ${n}`, () => t.api.notifications(e, n, null)), [i, a] = D(null), l = s.value === null ? [] : [s.value, ...i?.of === s.value ? i.pages : []], c = l.flatMap((u) => u.data), d = l.at(-1)?.page.next ?? null, h = async () => {
    const [u, p] = [s.value, i?.of === s.value ? i.pages : []];
    try {
      a({ of: u, pages: [...p, await t.api.notifications(e, n, d)], error: "" });
    } catch (f) {
      a({ of: u, pages: p, error: le(f) });
    }
  };
  return /* @__PURE__ */ o("div", { class: "card detail", children: [
    /* @__PURE__ */ o("div", { class: "bytes-head", children: [
      /* @__PURE__ */ o("h3", { children: "Inbox" }),
      /* @__PURE__ */ o("span", { class: "switch", role: "group", "aria-label": "Show", children: ws.map((u) => /* @__PURE__ */ o("button", { type: "button", "aria-pressed": n === u, onClick: () => r(u), children: u || "all" }, u)) })
    ] }),
    s.error !== "" && /* @__PURE__ */ o(z, { reason: s.error, again: s.again }),
    s.busy && s.value === null && /* @__PURE__ */ o(X, {}),
    s.value !== null && c.length === 0 && /* @__PURE__ */ o(G, { title: "Nothing is here" }),
    c.length > 0 && /* @__PURE__ */ o("table", { class: "rows fixed", children: [
      /* @__PURE__ */ o("thead", { children: /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("th", { class: "when", children: "Created" }),
        /* @__PURE__ */ o("th", { class: "type", children: "Type" }),
        /* @__PURE__ */ o("th", { children: "What the user reads" }),
        /* @__PURE__ */ o("th", { class: "state", children: "State" }),
        /* @__PURE__ */ o("th", { class: "meta", title: "Their values are for the user's apps, and are not shown", children: "Metadata" })
      ] }) }),
      /* @__PURE__ */ o("tbody", { children: c.map((u) => /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(B, { at: u.created_at }) }),
        /* @__PURE__ */ o("td", { children: u.type }),
        /* @__PURE__ */ o("td", { title: `${u.id}, ${u.subject}`, children: [
          u.actor?.name && /* @__PURE__ */ o("b", { children: [
            u.actor.name,
            " "
          ] }),
          u.content
        ] }),
        /* @__PURE__ */ o("td", { children: Os(u).map((p) => /* @__PURE__ */ o(W, { children: p }, p)) }),
        /* @__PURE__ */ o("td", { title: u.metadata_fields.join(", "), children: u.metadata_fields.join(", ") || /* @__PURE__ */ o("span", { class: "quiet", children: "none" }) })
      ] }, u.id)) })
    ] }),
    i?.error && /* @__PURE__ */ o(z, { reason: i.error }),
    d !== null && /* @__PURE__ */ o("button", { type: "button", class: "button more", onClick: () => void h(), children: "Show more" })
  ] });
}
function Os(e) {
  return [e.archived_at !== null && "archived", e.read_at !== null ? "read" : e.seen_at !== null ? "seen" : "unseen"].filter((n) => n !== !1);
}
async function Wn(e) {
  if (!/^[\x21-\x7e]+$/.test(e)) throw new ee("A key or token has no spaces and no special letters.", 0);
  const t = await new In(e, (...n) => fetch(...n)).caller().catch((n) => {
    throw n instanceof ee && n.status === 401 ? new ee("That key or token is not valid.", 401) : n;
  });
  if (!t.may.includes("read-stats"))
    throw new ee(`That is valid, but of a ${t.role}: the console is for operators, support and admins.`, 403);
  return t;
}
function Ss({ reason: e, onSignedIn: t }) {
  const [n, r] = D(e), [s, i] = D(!1), a = be(null);
  Q(() => a.current?.focus(), []);
  const l = async (c) => {
    c.preventDefault();
    const d = a.current.value.trim();
    i(!0), r("");
    try {
      t(d, await Wn(d));
    } catch (h) {
      r(le(h)), a.current?.select();
    } finally {
      i(!1);
    }
  };
  return /* @__PURE__ */ o("main", { class: "signin", children: /* @__PURE__ */ o("form", { class: "card", onSubmit: (c) => void l(c), children: [
    /* @__PURE__ */ o("span", { class: "brand", children: [
      /* @__PURE__ */ o("span", { class: "brand-mark", "aria-hidden": "true" }),
      "Pavilion console"
    ] }),
    /* @__PURE__ */ o("h1", { children: "Sign in" }),
    /* @__PURE__ */ o("p", { class: "quiet", children: "With the key of an operator, of support or of an admin, or with an access token of that role. It stays in this tab, and is forgotten with it." }),
    /* @__PURE__ */ o("label", { children: [
      /* @__PURE__ */ o("span", { children: "Key or token" }),
      /* @__PURE__ */ o("input", { ref: a, type: "password", name: "key", autocomplete: "off", spellcheck: !1, required: !0, "aria-invalid": n !== "", "aria-describedby": "signin-error" })
    ] }),
    /* @__PURE__ */ o("p", { id: "signin-error", class: "bad", role: "alert", children: n }),
    /* @__PURE__ */ o("button", { class: "button primary", disabled: s, children: s ? "Asking…" : "Sign in" })
  ] }) });
}
function Ms(e) {
  const t = /* @__PURE__ */ new Map();
  for (const n of e) t.set(n.table, [...t.get(n.table) ?? [], n]);
  return [...t].sort(([n], [r]) => n.localeCompare(r)).map(([n, r]) => {
    const s = r.filter((l) => l.state !== "standby"), i = (l) => s.reduce((c, d) => c + l(d), 0), a = s.flatMap((l) => l.recovery?.done ? [l.recovery.seconds] : []);
    return {
      name: n,
      parts: r,
      keys: i((l) => l.keys),
      bytes: i((l) => l.bytes),
      hits: i((l) => l.hits),
      misses: i((l) => l.misses),
      late: i((l) => l.late),
      logRecords: i((l) => l.log.records ?? 0),
      logBytes: i((l) => l.log.bytes ?? 0),
      recovering: s.filter((l) => l.state === "recovering").map((l) => l.partition),
      recovery: a.length === 0 ? null : Math.max(...a)
    };
  });
}
function js(e) {
  const t = /* @__PURE__ */ new Map();
  for (const n of e.filter((r) => r.state !== "standby").flatMap((r) => r.buckets)) {
    const r = t.get(n.from);
    t.set(n.from, r === void 0 ? n : { ...r, keys: r.keys + n.keys });
  }
  return [...t.values()].sort((n, r) => n.from.localeCompare(r.from));
}
function Cs({ route: e }) {
  const t = K(H().tables.value), n = te(() => Ms(t?.tables ?? []), [t]), r = n.find((s) => s.name === e.query.table);
  return t === null ? /* @__PURE__ */ o(X, { rows: 6 }) : /* @__PURE__ */ o("section", { "aria-label": "Tables", children: [
    /* @__PURE__ */ o(Oe, { title: "Window tables", note: "What agents remember, for as long as its window; standby copies are not counted." }),
    n.length === 0 ? /* @__PURE__ */ o(G, { title: "No tables", children: t.note ?? "No worker has a partition of one." }) : /* @__PURE__ */ o("div", { class: "card", children: /* @__PURE__ */ o("table", { class: "rows", children: [
      /* @__PURE__ */ o("thead", { children: /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("th", { children: "Table" }),
        /* @__PURE__ */ o("th", { children: "State" }),
        /* @__PURE__ */ o("th", { class: "number", children: "Window" }),
        /* @__PURE__ */ o("th", { class: "number", children: "Keys" }),
        /* @__PURE__ */ o("th", { class: "number", children: "Memory" }),
        /* @__PURE__ */ o("th", { class: "number", title: "Found among all that was looked up", children: "Hits" }),
        /* @__PURE__ */ o("th", { class: "number", children: "Late" }),
        /* @__PURE__ */ o("th", { class: "number", children: "Log" }),
        /* @__PURE__ */ o("th", { class: "number", title: "The slowest partition's last", children: "Recovery" })
      ] }) }),
      /* @__PURE__ */ o("tbody", { children: n.map((s) => /* @__PURE__ */ o("tr", { class: s === r ? "chosen" : "", children: [
        /* @__PURE__ */ o("th", { scope: "row", children: [
          /* @__PURE__ */ o("a", { href: R("tables", { table: s === r ? "" : s.name }), "aria-expanded": s === r, children: s.name }),
          /* @__PURE__ */ o("small", { children: s.parts[0].agent })
        ] }),
        /* @__PURE__ */ o("td", { children: s.recovering.length === 0 ? /* @__PURE__ */ o(W, { tone: "good", children: "running" }) : /* @__PURE__ */ o(W, { tone: "warn", children: [
          "recovers ",
          wt(s.recovering)
        ] }) }),
        /* @__PURE__ */ o("td", { class: "number", children: q(s.parts[0].window_seconds) }),
        /* @__PURE__ */ o("td", { class: "number", title: String(s.keys), children: C(s.keys) }),
        /* @__PURE__ */ o("td", { class: "number", children: _e(s.bytes) }),
        /* @__PURE__ */ o("td", { class: "number", title: `${s.hits} hits, ${s.misses} misses`, children: Ln(s.hits, s.hits + s.misses) }),
        /* @__PURE__ */ o("td", { class: `number ${s.late > 0 ? "warn" : ""}`, children: C(s.late) }),
        /* @__PURE__ */ o("td", { class: "number", title: U(s.logRecords, "record"), children: _e(s.logBytes) }),
        /* @__PURE__ */ o("td", { class: "number", children: q(s.recovery) })
      ] }, s.name)) })
    ] }) }),
    r !== void 0 && /* @__PURE__ */ o(Is, { table: r })
  ] });
}
function Is({ table: e }) {
  const t = js(e.parts), n = Math.max(1, ...t.map((s) => s.keys)), r = [...e.parts].sort((s, i) => s.partition - i.partition || s.state.localeCompare(i.state));
  return /* @__PURE__ */ o("div", { class: "card detail", "aria-label": `Table ${e.name}`, children: [
    /* @__PURE__ */ o("h2", { children: e.name }),
    /* @__PURE__ */ o("h3", { children: "Windows" }),
    t.length === 0 ? /* @__PURE__ */ o("p", { class: "quiet", children: "No bucket holds a key." }) : /* @__PURE__ */ o("ol", { class: "buckets", children: t.map((s) => /* @__PURE__ */ o("li", { title: `${$e(Date.parse(s.from))} to ${$e(Date.parse(s.to))}`, children: [
      /* @__PURE__ */ o("span", { class: "quiet", children: s.from.slice(11, 19) }),
      /* @__PURE__ */ o("meter", { min: 0, max: n, value: s.keys, "aria-label": `${s.keys} keys` }),
      /* @__PURE__ */ o("b", { children: C(s.keys) })
    ] }, s.from)) }),
    /* @__PURE__ */ o("h3", { children: "Partitions" }),
    /* @__PURE__ */ o("table", { class: "rows", children: [
      /* @__PURE__ */ o("thead", { children: /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("th", { class: "number", children: "Partition" }),
        /* @__PURE__ */ o("th", { children: "State" }),
        /* @__PURE__ */ o("th", { children: "Worker" }),
        /* @__PURE__ */ o("th", { class: "number", children: "Keys" }),
        /* @__PURE__ */ o("th", { class: "number", children: "Memory" }),
        /* @__PURE__ */ o("th", { children: "Stream time" }),
        /* @__PURE__ */ o("th", { class: "number", children: "Recovery" })
      ] }) }),
      /* @__PURE__ */ o("tbody", { children: r.map((s) => /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("td", { class: "number", children: s.partition }),
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(W, { tone: s.state === "running" ? "good" : s.state === "recovering" ? "warn" : "", children: s.state }) }),
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o("code", { children: s.worker ?? "" }) }),
        /* @__PURE__ */ o("td", { class: "number", children: C(s.keys) }),
        /* @__PURE__ */ o("td", { class: "number", children: _e(s.bytes) }),
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(B, { at: s.stream_time }) }),
        /* @__PURE__ */ o("td", { class: "number", children: q(s.recovery?.seconds) })
      ] }, `${s.partition} ${s.worker ?? ""} ${s.state}`)) })
    ] })
  ] });
}
var Un = Object.defineProperty, Ts = (e, t, n) => t in e ? Un(e, t, { enumerable: !0, configurable: !0, writable: !0, value: n }) : e[t] = n, Ls = (e, t) => {
  for (var n in t) Un(e, n, { get: t[n], enumerable: !0 });
}, Ps = (e, t, n) => Ts(e, t + "", n), Rs = {};
Ls(Rs, { Graph: () => J, alg: () => yt });
var Ds = Object.defineProperty, qn = (e, t) => {
  for (var n in t) Ds(e, n, { get: t[n], enumerable: !0 });
}, vt = class {
  constructor(e) {
    this._isDirected = !0, this._isMultigraph = !1, this._isCompound = !1, this._nodes = {}, this._in = {}, this._preds = {}, this._out = {}, this._sucs = {}, this._edgeObjs = {}, this._edgeLabels = {}, this._nodeCount = 0, this._edgeCount = 0, this._defaultNodeLabelFn = () => {
    }, this._defaultEdgeLabelFn = () => {
    }, e && (this._isDirected = "directed" in e ? e.directed : !0, this._isMultigraph = "multigraph" in e ? e.multigraph : !1, this._isCompound = "compound" in e ? e.compound : !1), this._isCompound && (this._parent = {}, this._children = {}, this._children["\0"] = {});
  }
  isDirected() {
    return this._isDirected;
  }
  isMultigraph() {
    return this._isMultigraph;
  }
  isCompound() {
    return this._isCompound;
  }
  setGraph(e) {
    return this._label = e, this;
  }
  graph() {
    return this._label;
  }
  setDefaultNodeLabel(e) {
    return typeof e != "function" ? this._defaultNodeLabelFn = () => e : this._defaultNodeLabelFn = e, this;
  }
  nodeCount() {
    return this._nodeCount;
  }
  nodes() {
    return Object.keys(this._nodes);
  }
  sources() {
    return this.nodes().filter((e) => Object.keys(this._in[e]).length === 0);
  }
  sinks() {
    return this.nodes().filter((e) => Object.keys(this._out[e]).length === 0);
  }
  setNodes(e, t) {
    return e.forEach((n) => {
      t !== void 0 ? this.setNode(n, t) : this.setNode(n);
    }), this;
  }
  setNode(e, t) {
    return e in this._nodes ? (arguments.length > 1 && (this._nodes[e] = t), this) : (this._nodes[e] = arguments.length > 1 ? t : this._defaultNodeLabelFn(e), this._isCompound && (this._parent[e] = "\0", this._children[e] = {}, this._children["\0"][e] = !0), this._in[e] = {}, this._preds[e] = {}, this._out[e] = {}, this._sucs[e] = {}, ++this._nodeCount, this);
  }
  node(e) {
    return this._nodes[e];
  }
  hasNode(e) {
    return e in this._nodes;
  }
  removeNode(e) {
    if (e in this._nodes) {
      let t = (n) => this.removeEdge(this._edgeObjs[n]);
      delete this._nodes[e], this._isCompound && (this._removeFromParentsChildList(e), delete this._parent[e], this.children(e).forEach((n) => {
        this.setParent(n);
      }), delete this._children[e]), Object.keys(this._in[e]).forEach(t), delete this._in[e], delete this._preds[e], Object.keys(this._out[e]).forEach(t), delete this._out[e], delete this._sucs[e], --this._nodeCount;
    }
    return this;
  }
  setParent(e, t) {
    if (!this._isCompound) throw new Error("Cannot set parent in a non-compound graph");
    if (t === void 0) t = "\0";
    else {
      t += "";
      for (let n = t; n !== void 0; n = this.parent(n)) if (n === e) throw new Error("Setting " + t + " as parent of " + e + " would create a cycle");
      this.setNode(t);
    }
    return this.setNode(e), this._removeFromParentsChildList(e), this._parent[e] = t, this._children[t][e] = !0, this;
  }
  parent(e) {
    if (this._isCompound) {
      let t = this._parent[e];
      if (t !== "\0") return t;
    }
  }
  children(e = "\0") {
    if (this._isCompound) {
      let t = this._children[e];
      if (t) return Object.keys(t);
    } else {
      if (e === "\0") return this.nodes();
      if (this.hasNode(e)) return [];
    }
    return [];
  }
  predecessors(e) {
    let t = this._preds[e];
    if (t) return Object.keys(t);
  }
  successors(e) {
    let t = this._sucs[e];
    if (t) return Object.keys(t);
  }
  neighbors(e) {
    let t = this.predecessors(e);
    if (t) {
      let n = new Set(t), r = this.successors(e);
      if (r) for (let s of r) n.add(s);
      return Array.from(n.values());
    }
  }
  isLeaf(e) {
    var t;
    let n;
    return this.isDirected() ? n = this.successors(e) : n = this.neighbors(e), ((t = n?.length) != null ? t : 0) === 0;
  }
  filterNodes(e) {
    let t = new this.constructor({ directed: this._isDirected, multigraph: this._isMultigraph, compound: this._isCompound });
    t.setGraph(this.graph()), Object.entries(this._nodes).forEach(([s, i]) => {
      e(s) && t.setNode(s, i);
    }), Object.values(this._edgeObjs).forEach((s) => {
      t.hasNode(s.v) && t.hasNode(s.w) && t.setEdge(s, this.edge(s));
    });
    let n = {}, r = (s) => {
      let i = this.parent(s);
      return !i || t.hasNode(i) ? (n[s] = i, i) : i in n ? n[i] : r(i);
    };
    return this._isCompound && t.nodes().forEach((s) => t.setParent(s, r(s))), t;
  }
  setDefaultEdgeLabel(e) {
    return typeof e != "function" ? this._defaultEdgeLabelFn = () => e : this._defaultEdgeLabelFn = e, this;
  }
  edgeCount() {
    return this._edgeCount;
  }
  edges() {
    return Object.values(this._edgeObjs);
  }
  setPath(e, t) {
    return e.reduce((n, r) => (t !== void 0 ? this.setEdge(n, r, t) : this.setEdge(n, r), r)), this;
  }
  setEdge(e, t, n, r) {
    let s, i, a, l, c = !1;
    typeof e == "object" && e !== null && "v" in e ? (s = e.v, i = e.w, a = e.name, arguments.length === 2 && (l = t, c = !0)) : (s = e, i = t, a = r, arguments.length > 2 && (l = n, c = !0)), s = "" + s, i = "" + i, a !== void 0 && (a = "" + a);
    let d = ye(this._isDirected, s, i, a);
    if (d in this._edgeLabels) return c && (this._edgeLabels[d] = l), this;
    if (a !== void 0 && !this._isMultigraph) throw new Error("Cannot set a named edge when isMultigraph = false");
    this.setNode(s), this.setNode(i), this._edgeLabels[d] = c ? l : this._defaultEdgeLabelFn(s, i, a);
    let h = As(this._isDirected, s, i, a);
    return s = h.v, i = h.w, Object.freeze(h), this._edgeObjs[d] = h, zt(this._preds[i], s), zt(this._sucs[s], i), this._in[i][d] = h, this._out[s][d] = h, this._edgeCount++, this;
  }
  edge(e, t, n) {
    let r = arguments.length === 1 ? Je(this._isDirected, e) : ye(this._isDirected, e, t, n);
    return this._edgeLabels[r];
  }
  edgeAsObj(e, t, n) {
    let r = arguments.length === 1 ? this.edge(e) : this.edge(e, t, n);
    return typeof r != "object" || r === null ? { label: r } : r;
  }
  hasEdge(e, t, n) {
    return (arguments.length === 1 ? Je(this._isDirected, e) : ye(this._isDirected, e, t, n)) in this._edgeLabels;
  }
  removeEdge(e, t, n) {
    let r = arguments.length === 1 ? Je(this._isDirected, e) : ye(this._isDirected, e, t, n), s = this._edgeObjs[r];
    if (s) {
      let i = s.v, a = s.w;
      delete this._edgeLabels[r], delete this._edgeObjs[r], Gt(this._preds[a], i), Gt(this._sucs[i], a), delete this._in[a][r], delete this._out[i][r], this._edgeCount--;
    }
    return this;
  }
  inEdges(e, t) {
    return this.isDirected() ? this.filterEdges(this._in[e], e, t) : this.nodeEdges(e, t);
  }
  outEdges(e, t) {
    return this.isDirected() ? this.filterEdges(this._out[e], e, t) : this.nodeEdges(e, t);
  }
  nodeEdges(e, t) {
    if (e in this._nodes) return this.filterEdges({ ...this._in[e], ...this._out[e] }, e, t);
  }
  _removeFromParentsChildList(e) {
    delete this._children[this._parent[e]][e];
  }
  filterEdges(e, t, n) {
    if (!e) return;
    let r = Object.values(e);
    return n ? r.filter((s) => s.v === t && s.w === n || s.v === n && s.w === t) : r;
  }
};
function zt(e, t) {
  e[t] ? e[t]++ : e[t] = 1;
}
function Gt(e, t) {
  e[t] !== void 0 && !--e[t] && delete e[t];
}
function ye(e, t, n, r) {
  let s = "" + t, i = "" + n;
  if (!e && s > i) {
    let a = s;
    s = i, i = a;
  }
  return s + "" + i + "" + (r === void 0 ? "\0" : r);
}
function As(e, t, n, r) {
  let s = "" + t, i = "" + n;
  if (!e && s > i) {
    let l = s;
    s = i, i = l;
  }
  let a = { v: s, w: i };
  return r && (a.name = r), a;
}
function Je(e, t) {
  return ye(e, t.v, t.w, t.name);
}
var Fs = {};
qn(Fs, { read: () => Bs, write: () => Ws });
function Ws(e) {
  let t = { options: { directed: e.isDirected(), multigraph: e.isMultigraph(), compound: e.isCompound() }, nodes: Us(e), edges: qs(e) }, n = e.graph();
  return n !== void 0 && (t.value = structuredClone(n)), t;
}
function Us(e) {
  return e.nodes().map((t) => {
    let n = e.node(t), r = e.parent(t), s = { v: t };
    return n !== void 0 && (s.value = n), r !== void 0 && (s.parent = r), s;
  });
}
function qs(e) {
  return e.edges().map((t) => {
    let n = e.edge(t), r = { v: t.v, w: t.w };
    return t.name !== void 0 && (r.name = t.name), n !== void 0 && (r.value = n), r;
  });
}
function Bs(e) {
  let t = new vt(e.options);
  return e.value !== void 0 && t.setGraph(e.value), e.nodes.forEach((n) => {
    t.setNode(n.v, n.value), n.parent && t.setParent(n.v, n.parent);
  }), e.edges.forEach((n) => {
    t.setEdge({ v: n.v, w: n.w, name: n.name }, n.value);
  }), t;
}
var yt = {};
qn(yt, { CycleException: () => Fe, bellmanFord: () => Bn, components: () => Ys, dijkstra: () => Ae, dijkstraAll: () => Ks, findCycles: () => Xs, floydWarshall: () => Zs, isAcyclic: () => ei, postorder: () => ni, preorder: () => ri, prim: () => si, shortestPaths: () => ii, tarjan: () => Vn, topsort: () => Yn });
var Hs = () => 1;
function Bn(e, t, n, r) {
  return Vs(e, String(t), n || Hs, r || function(s) {
    var i;
    return (i = e.outEdges(s)) != null ? i : [];
  });
}
function Vs(e, t, n, r) {
  let s = {}, i, a = 0, l = e.nodes(), c = function(u) {
    let p = s[u.v], f = s[u.w];
    if (!p || !f) return;
    let m = n(u);
    p.distance + m < f.distance && (s[u.w] = { distance: p.distance + m, predecessor: u.v }, i = !0);
  }, d = function() {
    l.forEach(function(u) {
      r(u).forEach(function(p) {
        let f = p.v === u ? p.v : p.w, m = f === p.v ? p.w : p.v;
        c({ v: f, w: m });
      });
    });
  };
  l.forEach(function(u) {
    let p = u === t ? 0 : Number.POSITIVE_INFINITY;
    s[u] = { distance: p, predecessor: "" };
  });
  let h = l.length;
  for (let u = 1; u < h && (i = !1, a++, d(), !!i); u++) ;
  if (a === h - 1 && (i = !1, d(), i)) throw new Error("The graph contains a negative weight cycle");
  return s;
}
function Ys(e) {
  let t = {}, n = [], r;
  function s(i) {
    var a, l;
    i in t || (t[i] = !0, r.push(i), (a = e.successors(i)) == null || a.forEach(s), (l = e.predecessors(i)) == null || l.forEach(s));
  }
  return e.nodes().forEach(function(i) {
    r = [], s(i), r.length && n.push(r);
  }), n;
}
var Hn = class {
  constructor() {
    this._arr = [], this._keyIndices = {};
  }
  size() {
    return this._arr.length;
  }
  keys() {
    return this._arr.map((e) => e.key);
  }
  has(e) {
    return e in this._keyIndices;
  }
  priority(e) {
    let t = this._keyIndices[e];
    if (t !== void 0) return this._arr[t].priority;
  }
  min() {
    if (this.size() === 0) throw new Error("Queue underflow");
    return this._arr[0].key;
  }
  add(e, t) {
    let n = this._keyIndices, r = String(e);
    if (!(r in n)) {
      let s = this._arr, i = s.length;
      return n[r] = i, s.push({ key: r, priority: t }), this._decrease(i), !0;
    }
    return !1;
  }
  removeMin() {
    if (this.size() === 0) throw new Error("Queue underflow");
    this._swap(0, this._arr.length - 1);
    let e = this._arr.pop();
    return delete this._keyIndices[e.key], this._heapify(0), e.key;
  }
  decrease(e, t) {
    let n = this._keyIndices[e];
    if (n === void 0) throw new Error(`Key not found: ${e}`);
    let r = this._arr[n].priority;
    if (t > r) throw new Error(`New priority is greater than current priority. Key: ${e} Old: ${r} New: ${t}`);
    this._arr[n].priority = t, this._decrease(n);
  }
  _heapify(e) {
    let t = this._arr, n = 2 * e, r = n + 1, s = e;
    n < t.length && (s = t[n].priority < t[s].priority ? n : s, r < t.length && (s = t[r].priority < t[s].priority ? r : s), s !== e && (this._swap(e, s), this._heapify(s)));
  }
  _decrease(e) {
    let t = this._arr, n = t[e].priority, r;
    for (; e !== 0 && (r = e >> 1, !(t[r].priority < n)); ) this._swap(e, r), e = r;
  }
  _swap(e, t) {
    let n = this._arr, r = this._keyIndices, s = n[e], i = n[t];
    n[e] = i, n[t] = s, r[i.key] = e, r[s.key] = t;
  }
}, zs = () => 1;
function Ae(e, t, n, r) {
  let s = function(i) {
    var a;
    return (a = e.outEdges(i)) != null ? a : [];
  };
  return Gs(e, String(t), n || zs, r || s);
}
function Gs(e, t, n, r) {
  let s = {}, i = new Hn(), a, l, c = function(d) {
    let h = d.v !== a ? d.v : d.w, u = s[h];
    if (!u) return;
    let p = n(d), f = l.distance + p;
    if (p < 0) throw new Error("dijkstra does not allow negative edge weights. Bad edge: " + d + " Weight: " + p);
    f < u.distance && (u.distance = f, u.predecessor = a, i.decrease(h, f));
  };
  for (e.nodes().forEach(function(d) {
    let h = d === t ? 0 : Number.POSITIVE_INFINITY;
    s[d] = { distance: h, predecessor: "" }, i.add(d, h);
  }); i.size() > 0; ) {
    a = i.removeMin();
    let d = s[a];
    if (!d || d.distance === Number.POSITIVE_INFINITY) break;
    l = d, r(a).forEach(c);
  }
  return s;
}
function Ks(e, t, n) {
  return e.nodes().reduce(function(r, s) {
    return r[s] = Ae(e, s, t, n), r;
  }, {});
}
function Vn(e) {
  let t = 0, n = [], r = {}, s = [];
  function i(a) {
    var l;
    let c = r[a] = { onStack: !0, lowlink: t, index: t++ };
    if (n.push(a), (l = e.successors(a)) == null || l.forEach(function(d) {
      if (d in r) {
        let h = r[d];
        h != null && h.onStack && (c.lowlink = Math.min(c.lowlink, h.index));
      } else {
        i(d);
        let h = r[d];
        h && (c.lowlink = Math.min(c.lowlink, h.lowlink));
      }
    }), c.lowlink === c.index) {
      let d = [], h;
      do {
        h = n.pop();
        let u = r[h];
        u && (u.onStack = !1), d.push(h);
      } while (a !== h);
      s.push(d);
    }
  }
  return e.nodes().forEach(function(a) {
    a in r || i(a);
  }), s;
}
function Xs(e) {
  return Vn(e).filter(function(t) {
    var n;
    let r = t[0];
    return r ? t.length > 1 || t.length === 1 && ((n = e.outEdges(r, r)) != null ? n : []).length > 0 : !1;
  });
}
var Js = () => 1;
function Zs(e, t, n) {
  return Qs(e, t || Js, n || function(r) {
    var s;
    return (s = e.outEdges(r)) != null ? s : [];
  });
}
function Qs(e, t, n) {
  let r = {}, s = e.nodes();
  return s.forEach(function(i) {
    let a = {};
    r[i] = a, a[i] = { distance: 0, predecessor: "" }, s.forEach(function(l) {
      i !== l && (a[l] = { distance: Number.POSITIVE_INFINITY, predecessor: "" });
    }), n(i).forEach(function(l) {
      let c = l.v === i ? l.w : l.v, d = t(l);
      a[c] = { distance: d, predecessor: i };
    });
  }), s.forEach(function(i) {
    let a = r[i];
    a && s.forEach(function(l) {
      let c = r[l];
      c && s.forEach(function(d) {
        let h = c[i], u = a[d], p = c[d];
        if (h && u && p) {
          let f = h.distance + u.distance;
          f < p.distance && (p.distance = f, p.predecessor = u.predecessor);
        }
      });
    });
  }), r;
}
var Fe = class extends Error {
  constructor(e) {
    super(e), this.name = "CycleException";
  }
};
function Yn(e) {
  let t = {}, n = {}, r = [];
  function s(i) {
    var a;
    if (i in n) throw new Fe();
    i in t || (n[i] = !0, t[i] = !0, (a = e.predecessors(i)) == null || a.forEach(s), delete n[i], r.push(i));
  }
  if (e.sinks().forEach(s), Object.keys(t).length !== e.nodeCount()) throw new Fe();
  return r;
}
function ei(e) {
  try {
    Yn(e);
  } catch (t) {
    if (t instanceof Fe) return !1;
    throw t;
  }
  return !0;
}
function ti(e, t, n, r, s) {
  Array.isArray(t) || (t = [t]);
  let i = ((l) => {
    var c;
    return (c = e.isDirected() ? e.successors(l) : e.neighbors(l)) != null ? c : [];
  }), a = {};
  return t.forEach(function(l) {
    if (!e.hasNode(l)) throw new Error("Graph does not have node: " + l);
    s = zn(e, l, n === "post", a, i, r, s);
  }), s;
}
function zn(e, t, n, r, s, i, a) {
  return t in r || (r[t] = !0, n || (a = i(a, t)), s(t).forEach(function(l) {
    a = zn(e, l, n, r, s, i, a);
  }), n && (a = i(a, t))), a;
}
function Gn(e, t, n) {
  return ti(e, t, n, function(r, s) {
    return r.push(s), r;
  }, []);
}
function ni(e, t) {
  return Gn(e, t, "post");
}
function ri(e, t) {
  return Gn(e, t, "pre");
}
function si(e, t) {
  var n;
  let r = new vt(), s = {}, i = new Hn(), a;
  function l(h) {
    let u = h.v === a ? h.w : h.v, p = i.priority(u);
    if (p !== void 0) {
      let f = t(h);
      f < p && (s[u] = a, i.decrease(u, f));
    }
  }
  if (e.nodeCount() === 0) return r;
  e.nodes().forEach(function(h) {
    i.add(h, Number.POSITIVE_INFINITY), r.setNode(h);
  });
  let c = e.nodes()[0];
  c !== void 0 && i.decrease(c, 0);
  let d = !1;
  for (; i.size() > 0; ) {
    if (a = i.removeMin(), a in s) r.setEdge(a, s[a]);
    else {
      if (d) throw new Error("Input graph is not connected: " + e);
      d = !0;
    }
    (n = e.nodeEdges(a)) == null || n.forEach(l);
  }
  return r;
}
function ii(e, t, n, r) {
  return oi(e, t, n, r ?? ((s) => {
    var i;
    return (i = e.outEdges(s)) != null ? i : [];
  }));
}
function oi(e, t, n, r) {
  if (n === void 0) return Ae(e, t, n, r);
  let s = !1, i = e.nodes();
  for (let a = 0; a < i.length; a++) {
    let l = i[a];
    if (l === void 0) continue;
    let c = r(l);
    for (let d = 0; d < c.length; d++) {
      let h = c[d];
      if (!h) continue;
      let u = h.v === l ? h.v : h.w, p = u === h.v ? h.w : h.v;
      n({ v: u, w: p }) < 0 && (s = !0);
    }
    if (s) return Bn(e, t, n, r);
  }
  return Ae(e, t, n, r);
}
var J = vt;
function we(e, t, n, r) {
  let s = r;
  for (; e.hasNode(s); ) s = kt(r);
  return n.dummy = t, e.setNode(s, n), s;
}
function ai(e) {
  let t = new J().setGraph(e.graph());
  return e.nodes().forEach((n) => t.setNode(n, e.node(n))), e.edges().forEach((n) => {
    let r = t.edge(n.v, n.w) || { weight: 0, minlen: 1 }, s = e.edge(n);
    t.setEdge(n.v, n.w, { weight: r.weight + s.weight, minlen: Math.max(r.minlen, s.minlen) });
  }), t;
}
function Kn(e) {
  let t = new J({ multigraph: e.isMultigraph() }).setGraph(e.graph());
  return e.nodes().forEach((n) => {
    e.children(n).length || t.setNode(n, e.node(n));
  }), e.edges().forEach((n) => {
    t.setEdge(n, e.edge(n));
  }), t;
}
function Kt(e, t) {
  let n = e.x, r = e.y, s = t.x - n, i = t.y - r, a = e.width / 2, l = e.height / 2;
  if (!s && !i) throw new Error("Not possible to find intersection inside of the rectangle");
  let c, d;
  return s === 0 || Math.abs(i) * a > Math.abs(s) * l ? (i < 0 && (l = -l), c = l * s / i, d = l) : (s < 0 && (a = -a), c = a, d = a * i / s), { x: n + c, y: r + d };
}
function Be(e) {
  let t = Ne(Jn(e) + 1).map(() => []);
  return e.nodes().forEach((n) => {
    let r = e.node(n), s = r.rank;
    s !== void 0 && (t[s] || (t[s] = []), t[s][r.order] = n);
  }), t;
}
function li(e) {
  let t = e.nodes().map((r) => {
    let s = e.node(r).rank;
    return s === void 0 ? Number.MAX_VALUE : s;
  }), n = Z(Math.min, t);
  e.nodes().forEach((r) => {
    let s = e.node(r);
    Object.hasOwn(s, "rank") && (s.rank -= n);
  });
}
function ci(e) {
  let t = e.nodes().map((a) => e.node(a).rank).filter((a) => a !== void 0), n = Z(Math.min, t), r = [];
  e.nodes().forEach((a) => {
    let l = e.node(a).rank - n;
    r[l] || (r[l] = []), r[l].push(a);
  });
  let s = 0, i = e.graph().nodeRankFactor;
  Array.from(r).forEach((a, l) => {
    a === void 0 && l % i !== 0 ? --s : a !== void 0 && s && a.forEach((c) => e.node(c).rank += s);
  });
}
function Xt(e, t, n, r) {
  let s = { width: 0, height: 0 };
  return arguments.length >= 4 && (s.rank = n, s.order = r), we(e, "border", s, t);
}
function di(e, t = Xn) {
  let n = [];
  for (let r = 0; r < e.length; r += t) {
    let s = e.slice(r, r + t);
    n.push(s);
  }
  return n;
}
var Xn = 65535;
function Z(e, t) {
  if (t.length > Xn) {
    let n = di(t);
    return e(...n.map((r) => e(...r)));
  } else return e(...t);
}
function Jn(e) {
  let t = e.nodes().map((n) => {
    let r = e.node(n).rank;
    return r === void 0 ? Number.MIN_VALUE : r;
  });
  return Z(Math.max, t);
}
function hi(e, t) {
  let n = { lhs: [], rhs: [] };
  return e.forEach((r) => {
    t(r) ? n.lhs.push(r) : n.rhs.push(r);
  }), n;
}
function ui(e, t) {
  return t();
}
var fi = 0;
function kt(e) {
  let t = ++fi;
  return e + ("" + t);
}
function Ne(e, t, n = 1) {
  t == null && (t = e, e = 0);
  let r = (i) => i < t;
  n < 0 && (r = (i) => t < i);
  let s = [];
  for (let i = e; r(i); i += n) s.push(i);
  return s;
}
function We(e, t) {
  let n = {};
  for (let r of t) e[r] !== void 0 && (n[r] = e[r]);
  return n;
}
function He(e, t) {
  let n;
  return typeof t == "string" ? n = (r) => r[t] : n = t, Object.entries(e).reduce((r, [s, i]) => (r[s] = n(i, s), r), {});
}
function pi(e, t) {
  return e.reduce((n, r, s) => (n[r] = t[s], n), {});
}
var Ve = "\0";
function Zn(e, t, n) {
  var r, s, i, a, l, c;
  if (!(e && t && n && t.dummy === "edge" && n.dummy === "edge" && t.edgeObj && n.edgeObj && e[t.edgeObj.v] && e[n.edgeObj.v] && e[t.edgeObj.w] && e[n.edgeObj.w])) return 0;
  let d = !0;
  t.edgeObj.w === n.edgeObj.w && (d = !1);
  let h = d ? (s = (r = e[t.edgeObj.v]) == null ? void 0 : r.rank) != null ? s : NaN + 1 : (a = (i = e[t.edgeObj.w]) == null ? void 0 : i.rank) != null ? a : NaN - 1, u = Object.entries(e).find((y) => {
    var b, v;
    return ((b = y[1].edgeObj) == null ? void 0 : b.v) === t.edgeObj.v && ((v = y[1].edgeObj) == null ? void 0 : v.w) === t.edgeObj.w && y[1].rank === h;
  }), p = Object.entries(e).find((y) => {
    var b, v;
    return ((b = y[1].edgeObj) == null ? void 0 : b.v) === n.edgeObj.v && ((v = y[1].edgeObj) == null ? void 0 : v.w) === n.edgeObj.w && y[1].rank === h;
  });
  if (!u || !p) return 0;
  let f = (l = u[1].order) != null ? l : NaN, m = (c = p[1].order) != null ? c : NaN;
  return isNaN(f - m) ? 0 : f - m;
}
var gi = class {
  constructor() {
    Ps(this, "_sentinel");
    let e = {};
    e._next = e._prev = e, this._sentinel = e;
  }
  dequeue() {
    let e = this._sentinel, t = e._prev;
    if (t !== e) return Jt(t), t;
  }
  enqueue(e) {
    let t = this._sentinel;
    e._prev && e._next && Jt(e), e._next = t._next, t._next._prev = e, t._next = e, e._prev = t;
  }
  toString() {
    let e = [], t = this._sentinel, n = t._prev;
    for (; n !== t; ) e.push(JSON.stringify(n, _i)), n = n._prev;
    return "[" + e.join(", ") + "]";
  }
};
function Jt(e) {
  e._prev._next = e._next, e._next._prev = e._prev, delete e._next, delete e._prev;
}
function _i(e, t) {
  if (e !== "_next" && e !== "_prev") return t;
}
var mi = gi, bi = () => 1;
function wi(e, t) {
  if (e.nodeCount() <= 1) return [];
  let n = yi(e, t || bi);
  return vi(n.graph, n.buckets, n.zeroIdx).flatMap((r) => e.outEdges(r.v, r.w) || []);
}
function vi(e, t, n) {
  var r;
  let s = [], i = t[t.length - 1], a = t[0], l;
  for (; e.nodeCount(); ) {
    for (; l = a.dequeue(); ) Ze(e, t, n, l);
    for (; l = i.dequeue(); ) Ze(e, t, n, l);
    if (e.nodeCount()) {
      for (let c = t.length - 2; c > 0; --c) if (l = (r = t[c]) == null ? void 0 : r.dequeue(), l) {
        s = s.concat(Ze(e, t, n, l, !0) || []);
        break;
      }
    }
  }
  return s;
}
function Ze(e, t, n, r, s) {
  let i = [], a = s ? i : void 0;
  return (e.inEdges(r.v) || []).forEach((l) => {
    let c = e.edge(l), d = e.node(l.v);
    s && i.push({ v: l.v, w: l.w }), d.out -= c, ut(t, n, d);
  }), (e.outEdges(r.v) || []).forEach((l) => {
    let c = e.edge(l), d = l.w, h = e.node(d);
    h.in -= c, ut(t, n, h);
  }), e.removeNode(r.v), a;
}
function yi(e, t) {
  let n = new J(), r = 0, s = 0;
  e.nodes().forEach((l) => {
    n.setNode(l, { v: l, in: 0, out: 0 });
  }), e.edges().forEach((l) => {
    let c = n.edge(l.v, l.w) || 0, d = t(l), h = c + d;
    n.setEdge(l.v, l.w, h);
    let u = n.node(l.v), p = n.node(l.w);
    s = Math.max(s, u.out += d), r = Math.max(r, p.in += d);
  });
  let i = ki(s + r + 3).map(() => new mi()), a = r + 1;
  return n.nodes().forEach((l) => {
    ut(i, a, n.node(l));
  }), { graph: n, buckets: i, zeroIdx: a };
}
function ut(e, t, n) {
  var r, s, i;
  n.out ? n.in ? (i = e[n.out - n.in + t]) == null || i.enqueue(n) : (s = e[e.length - 1]) == null || s.enqueue(n) : (r = e[0]) == null || r.enqueue(n);
}
function ki(e) {
  let t = [];
  for (let n = 0; n < e; n++) t.push(n);
  return t;
}
function Ei(e, t) {
  (e.graph().acyclicer === "greedy" ? wi(e, n(e)) : xi(e, t ?? null)).forEach((r) => {
    let s = e.edge(r);
    e.removeEdge(r), s.forwardName = r.name, s.reversed = !0, e.setEdge(r.w, r.v, s, kt("rev"));
  });
  function n(r) {
    return (s) => r.edge(s).weight;
  }
}
function xi(e, t) {
  let n = [], r = {}, s = {};
  function i(c) {
    Object.hasOwn(s, c) || (s[c] = !0, r[c] = !0, e.outEdges(c).forEach((d) => {
      Object.hasOwn(r, d.w) ? n.push(d) : i(d.w);
    }), delete r[c]);
  }
  function a(c) {
    var d;
    Object.hasOwn(s, c) || (s[c] = !0, r[c] = !0, (d = e.outEdges(c)) == null || d.forEach((h) => {
      var u, p;
      Object.hasOwn(r, h.w) || ((u = t.node(c)) == null ? void 0 : u.rank) > ((p = t.node(h.w)) == null ? void 0 : p.rank) && Ni(e, h.w, h) ? n.push(h) : a(h.w);
    }), delete r[c]);
  }
  let l = i;
  return t && typeof t.node == "function" && (l = a), e.sources().forEach(l), e.nodes().forEach(l), n;
}
function $i(e) {
  e.edges().forEach((t) => {
    let n = e.edge(t);
    if (n.reversed) {
      e.removeEdge(t);
      let r = n.forwardName;
      delete n.reversed, delete n.forwardName, e.setEdge(t.w, t.v, n, r);
    }
  });
}
function Ni(e, t, n) {
  let r = /* @__PURE__ */ new Set();
  function s(i) {
    var a;
    if (e.sources().includes(i)) return !0;
    r.add(i);
    for (let l of (a = e.inEdges(i)) != null ? a : []) if (!(l.v === n.v && l.w === n.w) && !r.has(l.v) && s(l.v)) return !0;
    return !1;
  }
  return s(t);
}
function Oi(e) {
  e.graph().dummyChains = [], e.edges().forEach((t) => Si(e, t));
}
function Si(e, t) {
  let n = t.v, r = e.node(n).rank, s = t.w, i = e.node(s).rank, a = t.name, l = e.edge(t), c = l.labelRank;
  if (i === r + 1) return;
  e.removeEdge(t);
  let d, h, u;
  for (u = 0, ++r; r < i; ++u, ++r) l.points = [], h = { width: 0, height: 0, edgeLabel: l, edgeObj: t, rank: r }, d = we(e, "edge", h, "_d"), r === c && (h.width = l.width, h.height = l.height, h.dummy = "edge-label", h.labelpos = l.labelpos), e.setEdge(n, d, { weight: l.weight }, a), u === 0 && e.graph().dummyChains.push(d), n = d;
  e.setEdge(n, s, { weight: l.weight }, a);
}
function Mi(e) {
  e.graph().dummyChains.forEach((t) => {
    let n = e.node(t), r = n.edgeLabel, s;
    for (e.setEdge(n.edgeObj, r); n.dummy; ) s = e.successors(t)[0], e.removeNode(t), r.points.push({ x: n.x, y: n.y }), n.dummy === "edge-label" && (r.x = n.x, r.y = n.y, r.width = n.width, r.height = n.height), t = s, n = e.node(t);
  });
}
function Et(e) {
  let t = {};
  function n(r) {
    let s = e.node(r);
    if (Object.hasOwn(t, r)) return s.rank;
    t[r] = !0;
    let i = e.outEdges(r), a = i ? i.map((c) => c == null ? Number.POSITIVE_INFINITY : n(c.w) - e.edge(c).minlen) : [], l = Z(Math.min, a);
    return l === Number.POSITIVE_INFINITY && (l = 0), s.rank = l;
  }
  e.sources().forEach(n);
}
function me(e, t) {
  return e.node(t.w).rank - e.node(t.v).rank - e.edge(t).minlen;
}
var Qn = ji;
function ji(e) {
  let t = new J({ directed: !1 }), n = e.nodes();
  if (n.length === 0) throw new Error("Graph must have at least one node");
  let r = n[0], s = e.nodeCount();
  t.setNode(r, {});
  let i, a;
  for (; Ci(t, e) < s && (i = Ii(t, e), !!i); ) a = t.hasNode(i.v) ? me(e, i) : -me(e, i), Ti(t, e, a);
  return t;
}
function Ci(e, t) {
  function n(r) {
    let s = t.nodeEdges(r);
    s && s.forEach((i) => {
      let a = i.v, l = r === a ? i.w : a;
      !e.hasNode(l) && !me(t, i) && (e.setNode(l, {}), e.setEdge(r, l, {}), n(l));
    });
  }
  return e.nodes().forEach(n), e.nodeCount();
}
function Ii(e, t) {
  return t.edges().reduce((n, r) => {
    let s = Number.POSITIVE_INFINITY;
    return e.hasNode(r.v) !== e.hasNode(r.w) && (s = me(t, r)), s < n[0] ? [s, r] : n;
  }, [Number.POSITIVE_INFINITY, null])[1];
}
function Ti(e, t, n) {
  e.nodes().forEach((r) => t.node(r).rank += n);
}
var { preorder: Li, postorder: Pi } = yt, Ri = de;
de.initLowLimValues = $t;
de.initCutValues = xt;
de.calcCutValue = er;
de.leaveEdge = nr;
de.enterEdge = rr;
de.exchangeEdges = sr;
function de(e) {
  e = ai(e), Et(e);
  let t = Qn(e);
  $t(t), xt(t, e);
  let n, r;
  for (; n = nr(t); ) r = rr(t, e, n), sr(t, e, n, r);
}
function xt(e, t) {
  let n = Pi(e, e.nodes());
  n = n.slice(0, n.length - 1), n.forEach((r) => Di(e, t, r));
}
function Di(e, t, n) {
  let r = e.node(n).parent, s = e.edge(n, r);
  s.cutvalue = er(e, t, n);
}
function er(e, t, n) {
  let r = e.node(n).parent, s = !0, i = t.edge(n, r), a = 0;
  i || (s = !1, i = t.edge(r, n)), a = i.weight;
  let l = t.nodeEdges(n);
  return l && l.forEach((c) => {
    let d = c.v === n, h = d ? c.w : c.v;
    if (h !== r) {
      let u = d === s, p = t.edge(c).weight;
      if (a += u ? p : -p, Fi(e, n, h)) {
        let f = e.edge(n, h).cutvalue;
        a += u ? -f : f;
      }
    }
  }), a;
}
function $t(e, t) {
  arguments.length < 2 && (t = e.nodes()[0]), tr(e, {}, 1, t);
}
function tr(e, t, n, r, s) {
  let i = n, a = e.node(r);
  t[r] = !0;
  let l = e.neighbors(r);
  return l && l.forEach((c) => {
    Object.hasOwn(t, c) || (n = tr(e, t, n, c, r));
  }), a.low = i, a.lim = n++, s ? a.parent = s : delete a.parent, n;
}
function nr(e) {
  return e.edges().find((t) => e.edge(t).cutvalue < 0);
}
function rr(e, t, n) {
  let r = n.v, s = n.w;
  t.hasEdge(r, s) || (r = n.w, s = n.v);
  let i = e.node(r), a = e.node(s), l = i, c = !1;
  return i.lim > a.lim && (l = a, c = !0), t.edges().filter((d) => c === Zt(e, e.node(d.v), l) && c !== Zt(e, e.node(d.w), l)).reduce((d, h) => me(t, h) < me(t, d) ? h : d);
}
function sr(e, t, n, r) {
  let s = n.v, i = n.w;
  e.removeEdge(s, i), e.setEdge(r.v, r.w, {}), $t(e), xt(e, t), Ai(e, t);
}
function Ai(e, t) {
  let n = e.nodes().find((s) => !e.node(s).parent);
  if (!n) return;
  let r = Li(e, [n]);
  r = r.slice(1), r.forEach((s) => {
    let i = e.node(s).parent, a = t.edge(s, i), l = !1;
    a || (a = t.edge(i, s), l = !0), t.node(s).rank = t.node(i).rank + (l ? a.minlen : -a.minlen);
  });
}
function Fi(e, t, n) {
  return e.hasEdge(t, n);
}
function Zt(e, t, n) {
  return n.low <= t.lim && t.lim <= n.lim;
}
var Wi = Ui;
function Ui(e) {
  let t = e.graph().ranker;
  if (typeof t == "function") return t(e);
  switch (t) {
    case "network-simplex":
      Qt(e);
      break;
    case "tight-tree":
      Bi(e);
      break;
    case "longest-path":
      qi(e);
      break;
    case "none":
      break;
    default:
      Qt(e);
  }
}
var qi = Et;
function Bi(e) {
  Et(e), Qn(e);
}
function Qt(e) {
  Ri(e);
}
var Hi = Vi;
function Vi(e) {
  let t = zi(e), n = e.graph();
  Array.isArray(n.dummyChains) && n.dummyChains.forEach((r) => {
    let s = e.node(r), i = s.edgeObj, a = Yi(e, t, i.v, i.w), l = a.path, c = a.lca, d = 0, h = l[d], u = !0;
    for (; r !== i.w; ) {
      if (s = e.node(r), u) {
        for (; (h = l[d]) !== c && e.node(h).maxRank < s.rank; ) d++;
        h === c && (u = !1);
      }
      if (!u) {
        for (; d < l.length - 1 && e.node(l[d + 1]).minRank <= s.rank; ) d++;
        h = l[d];
      }
      h !== void 0 && e.setParent(r, h), r = e.successors(r)[0];
    }
  });
}
function Yi(e, t, n, r) {
  let s = [], i = [], a = Math.min(t[n].low, t[r].low), l = Math.max(t[n].lim, t[r].lim), c;
  c = n;
  do
    c = e.parent(c), s.push(c);
  while (c && (t[c].low > a || l > t[c].lim));
  let d = c, h = r;
  for (; (h = e.parent(h)) !== d; ) i.push(h);
  return { path: s.concat(i.reverse()), lca: d };
}
function zi(e) {
  let t = {}, n = 0;
  function r(s) {
    let i = n;
    e.children(s).forEach(r), t[s] = { low: i, lim: n++ };
  }
  return e.children(Ve).forEach(r), t;
}
function Gi(e) {
  let t = we(e, "root", {}, "_root"), n = Ki(e), r = Object.values(n), s = Z(Math.max, r) - 1, i = 2 * s + 1;
  e.graph().nestingRoot = t, e.edges().forEach((l) => e.edge(l).minlen *= i);
  let a = Xi(e) + 1;
  e.children(Ve).forEach((l) => {
    ir(e, t, i, a, s, n, l);
  }), e.graph().nodeRankFactor = i;
}
function ir(e, t, n, r, s, i, a) {
  var l;
  let c = e.children(a);
  if (!c.length) {
    a !== t && e.setEdge(t, a, { weight: 0, minlen: n });
    return;
  }
  let d = Xt(e, "_bt"), h = Xt(e, "_bb"), u = e.node(a);
  e.setParent(d, a), u.borderTop = d, e.setParent(h, a), u.borderBottom = h, c.forEach((p) => {
    var f;
    ir(e, t, n, r, s, i, p);
    let m = e.node(p), y = m.borderTop ? m.borderTop : p, b = m.borderBottom ? m.borderBottom : p, v = m.borderTop ? r : 2 * r, _ = y !== b ? 1 : s - ((f = i[a]) != null ? f : 0) + 1;
    e.setEdge(d, y, { weight: v, minlen: _, nestingEdge: !0 }), e.setEdge(b, h, { weight: v, minlen: _, nestingEdge: !0 });
  }), e.parent(a) || e.setEdge(t, d, { weight: 0, minlen: s + ((l = i[a]) != null ? l : 0) });
}
function Ki(e) {
  let t = {};
  function n(r, s) {
    let i = e.children(r);
    i && i.length && i.forEach((a) => n(a, s + 1)), t[r] = s;
  }
  return e.children(Ve).forEach((r) => n(r, 1)), t;
}
function Xi(e) {
  return e.edges().reduce((t, n) => t + e.edge(n).weight, 0);
}
function Ji(e) {
  let t = e.graph();
  e.removeNode(t.nestingRoot), delete t.nestingRoot, e.edges().forEach((n) => {
    e.edge(n).nestingEdge && e.removeEdge(n);
  });
}
var Zi = Qi;
function Qi(e) {
  function t(n) {
    let r = e.children(n), s = e.node(n);
    if (r.length && r.forEach(t), s && Object.hasOwn(s, "minRank")) {
      s.borderLeft = [], s.borderRight = [];
      for (let i = s.minRank, a = s.maxRank + 1; i < a; ++i) en(e, "borderLeft", "_bl", n, s, i), en(e, "borderRight", "_br", n, s, i);
    }
  }
  e.children(Ve).forEach(t);
}
function en(e, t, n, r, s, i) {
  let a = { width: 0, height: 0, rank: i, borderType: t }, l = s[t][i - 1], c = we(e, "border", a, n);
  s[t][i] = c, e.setParent(c, r), l && e.setEdge(l, c, { weight: 1 });
}
function eo(e) {
  var t;
  let n = (t = e.graph().rankdir) == null ? void 0 : t.toLowerCase();
  (n === "lr" || n === "rl") && or(e);
}
function to(e) {
  var t;
  let n = (t = e.graph().rankdir) == null ? void 0 : t.toLowerCase();
  (n === "bt" || n === "rl") && no(e), (n === "lr" || n === "rl") && (ro(e), or(e));
}
function or(e) {
  e.nodes().forEach((t) => tn(e.node(t))), e.edges().forEach((t) => tn(e.edge(t)));
}
function tn(e) {
  let t = e.width;
  e.width = e.height, e.height = t;
}
function no(e) {
  e.nodes().forEach((t) => Qe(e.node(t))), e.edges().forEach((t) => {
    var n;
    let r = e.edge(t);
    (n = r.points) == null || n.forEach(Qe), Object.hasOwn(r, "y") && Qe(r);
  });
}
function Qe(e) {
  e.y = -e.y;
}
function ro(e) {
  e.nodes().forEach((t) => et(e.node(t))), e.edges().forEach((t) => {
    var n;
    let r = e.edge(t);
    (n = r.points) == null || n.forEach(et), Object.hasOwn(r, "x") && et(r);
  });
}
function et(e) {
  let t = e.x;
  e.x = e.y, e.y = t;
}
function so(e, t = null) {
  let n = {}, r = e.nodes().filter((d) => !e.children(d).length), s = r.map((d) => e.node(d).rank), i = Z(Math.max, s), a = Ne(i + 1).map(() => []);
  function l(d) {
    if (n[d]) return;
    n[d] = !0;
    let h = e.node(d);
    a[h.rank].push(d);
    let u = e.successors(d);
    u && [...u].sort((p, f) => c(p, f)).forEach(l);
  }
  r.sort((d, h) => e.node(d).rank - e.node(h).rank).forEach(l);
  function c(d, h) {
    let u = e.node(d), p = e.node(h);
    return Zn(t, u, p);
  }
  return a;
}
function io(e, t) {
  let n = 0;
  for (let r = 1; r < t.length; ++r) n += oo(e, t[r - 1], t[r]);
  return n;
}
function oo(e, t, n) {
  let r = pi(n, n.map((d, h) => h)), s = t.flatMap((d) => {
    let h = e.outEdges(d);
    return h ? h.map((u) => ({ pos: r[u.w], weight: e.edge(u).weight })).sort((u, p) => u.pos - p.pos) : [];
  }), i = 1;
  for (; i < n.length; ) i <<= 1;
  let a = 2 * i - 1;
  i -= 1;
  let l = new Array(a).fill(0), c = 0;
  return s.forEach((d) => {
    let h = d.pos + i;
    l[h] += d.weight;
    let u = 0;
    for (; h > 0; ) h % 2 && (u += l[h + 1]), h = h - 1 >> 1, l[h] += d.weight;
    c += d.weight * u;
  }), c;
}
function ao(e, t = []) {
  return t.map((n) => {
    let r = e.inEdges(n);
    if (!r || !r.length) return { v: n };
    {
      let s = r.reduce((i, a) => {
        let l = e.edge(a), c = e.node(a.v);
        return { sum: i.sum + l.weight * c.order, weight: i.weight + l.weight };
      }, { sum: 0, weight: 0 });
      return { v: n, barycenter: s.sum / s.weight, weight: s.weight };
    }
  });
}
function lo(e, t) {
  let n = {};
  e.forEach((s, i) => {
    let a = { indegree: 0, in: [], out: [], vs: [s.v], i };
    s.barycenter !== void 0 && (a.barycenter = s.barycenter, a.weight = s.weight), n[s.v] = a;
  }), t.edges().forEach((s) => {
    let i = n[s.v], a = n[s.w];
    i !== void 0 && a !== void 0 && (a.indegree++, i.out.push(a));
  });
  let r = Object.values(n).filter((s) => !s.indegree);
  return co(r);
}
function co(e) {
  let t = [];
  function n(s) {
    return (i) => {
      i.merged || (i.barycenter === void 0 || s.barycenter === void 0 || i.barycenter >= s.barycenter) && ho(s, i);
    };
  }
  function r(s) {
    return (i) => {
      i.in.push(s), --i.indegree === 0 && e.push(i);
    };
  }
  for (; e.length; ) {
    let s = e.pop();
    t.push(s), s.in.reverse().forEach(n(s)), s.out.forEach(r(s));
  }
  return t.filter((s) => !s.merged).map((s) => We(s, ["vs", "i", "barycenter", "weight"]));
}
function ho(e, t) {
  let n = 0, r = 0;
  e.weight && (n += e.barycenter * e.weight, r += e.weight), t.weight && (n += t.barycenter * t.weight, r += t.weight), e.vs = t.vs.concat(e.vs), e.barycenter = n / r, e.weight = r, e.i = Math.min(t.i, e.i), t.merged = !0;
}
function uo(e, t, n, r, s) {
  let i = {}, a = null, l = null, c = s;
  typeof t == "boolean" ? (c = t, i = {}) : t && (i = t, a = n ?? null, l = r ?? null);
  let d = hi(e, (v) => Object.hasOwn(v, "barycenter")), h = d.lhs, u = d.rhs.sort((v, _) => _.i - v.i), p = [], f = 0, m = 0, y = 0;
  h.sort(fo(l, a, !!c));
  for (let [v, _] of Object.entries(i)) {
    let g = h.findIndex((w) => w.vs[0] === v);
    h.splice(g + 1, 0, _);
  }
  y = nn(p, u, y), h.forEach((v) => {
    y += v.vs.length, p.push(v.vs), f += v.barycenter * v.weight, m += v.weight, y = nn(p, u, y);
  });
  let b = { vs: p.flat(1) };
  return m && (b.barycenter = f / m, b.weight = m), b;
}
function nn(e, t, n) {
  let r;
  for (; t.length && (r = t[t.length - 1]).i <= n; ) t.pop(), e.push(r.vs), n++;
  return n;
}
function fo(e, t, n) {
  return (r, s) => {
    if (r.barycenter < s.barycenter) return -1;
    if (r.barycenter > s.barycenter) return 1;
    if (e && (typeof r.vs[0] == "string" || typeof s.vs[0] == "string")) {
      let i = e.node(r.vs[0]), a = e.node(s.vs[0]), l = Zn(t, i, a);
      if (l !== 0) return l;
    }
    return n ? s.i - r.i : r.i - s.i;
  };
}
function ar(e, t, n, r, s) {
  var i, a, l, c, d, h, u, p, f, m, y;
  let b = null, v = s;
  typeof r == "boolean" ? (v = r, b = null) : r !== void 0 && (b = r);
  let _ = e.children(t), g = e.node(t), w = g ? g.borderLeft : void 0, k = g ? g.borderRight : void 0, M = {};
  w && (_ = _.filter((x) => x !== w && x !== k));
  let T = ao(e, _);
  T.forEach((x) => {
    if (e.children(x.v).length) {
      let { result: $ } = ar(e, x.v, n, b, v);
      M[x.v] = $, Object.hasOwn($, "barycenter") && go(x, $);
    }
  });
  let E = lo(T, n);
  po(E, M);
  let j = {}, L = !1;
  for (let x = 0; x < E.length; x++) for (let $ = x + 1; $ < E.length; $++) if (!(!E[x] || !E[$] || !((i = E[x]) != null && i.barycenter) || !((a = E[$]) != null && a.barycenter)) && ((l = E[x]) == null ? void 0 : l.barycenter) === E[$].barycenter) {
    let S = (d = (c = E[x]) == null ? void 0 : c.vs[0]) != null ? d : "", N = (u = (h = E[$]) == null ? void 0 : h.vs[0]) != null ? u : "", P = e.node(S), he = e.node(N);
    if (P.dummy === "edge" && he.dummy === "edge" && ((p = P.edgeObj) == null ? void 0 : p.v) === ((f = he.edgeObj) == null ? void 0 : f.v) && ((m = P.edgeObj) == null ? void 0 : m.w) === ((y = he.edgeObj) == null ? void 0 : y.w)) if (P.edgeLabel.reversed) {
      j[N] = E[x], E.splice(x, 1), x--;
      break;
    } else j[S] || (j[S] = E[$], E.splice($, 1), $--);
    else L = !0;
  }
  let O = uo(E, j, b, e, v);
  if (w && k) {
    O.vs = [w, O.vs, k].flat(1);
    let x = e.predecessors(w);
    if (x && x.length) {
      let $ = e.node(x[0]), S = e.predecessors(k), N = e.node(S[0]);
      Object.hasOwn(O, "barycenter") || (O.barycenter = 0, O.weight = 0), O.barycenter = (O.barycenter * O.weight + $.order + N.order) / (O.weight + 2), O.weight += 2;
    }
  }
  return Object.defineProperty(O, "result", { value: O, enumerable: !1, configurable: !0, writable: !0 }), Object.defineProperty(O, "usedBias", { value: L, enumerable: !1, configurable: !0, writable: !0 }), O;
}
function po(e, t) {
  e.forEach((n) => {
    n.vs = n.vs.flatMap((r) => t[r] ? t[r].vs : r);
  });
}
function go(e, t) {
  e.barycenter !== void 0 ? (e.barycenter = (e.barycenter * e.weight + t.barycenter * t.weight) / (e.weight + t.weight), e.weight += t.weight) : (e.barycenter = t.barycenter, e.weight = t.weight);
}
function _o(e, t, n, r) {
  r || (r = e.nodes());
  let s = mo(e), i = new J({ compound: !0 }).setGraph({ root: s }).setDefaultNodeLabel((a) => e.node(a));
  return r.forEach((a) => {
    let l = e.node(a), c = e.parent(a);
    if (l.rank === t || l.minRank <= t && t <= l.maxRank) {
      i.setNode(a), i.setParent(a, c || s);
      let d = e[n](a);
      d && d.forEach((h) => {
        let u = h.v === a ? h.w : h.v, p = i.edge(u, a), f = p !== void 0 ? p.weight : 0;
        i.setEdge(u, a, { weight: e.edge(h).weight + f });
      }), Object.hasOwn(l, "minRank") && i.setNode(a, { borderLeft: l.borderLeft[t], borderRight: l.borderRight[t] });
    }
  }), i;
}
function mo(e) {
  let t;
  for (; e.hasNode(t = kt("_root")); ) ;
  return t;
}
function bo(e, t, n) {
  let r = {}, s;
  n.forEach((i) => {
    let a = e.parent(i), l, c;
    for (; a; ) {
      if (l = e.parent(a), l ? (c = r[l], r[l] = a) : (c = s, s = a), c && c !== a) {
        t.setEdge(c, a);
        return;
      }
      a = l;
    }
  });
}
function lr(e, t = {}, n = null) {
  if (typeof t.customOrder == "function") {
    t.customOrder(e, lr);
    return;
  }
  let r = Jn(e), s = rn(e, Ne(1, r + 1), "inEdges"), i = rn(e, Ne(r - 1, -1, -1), "outEdges"), a = so(e, n);
  if (sn(e, a), t.disableOptimalOrderHeuristic) return;
  let l = Number.POSITIVE_INFINITY, c, d = t.constraints || [];
  for (let h = 0, u = 0; u < 4; ++h, ++u) {
    wo(h % 2 ? s : i, h % 4 >= 2, d, n), a = Be(e);
    let p = io(e, a);
    p < l ? (u = 0, c = Object.assign({}, a), l = p) : p === l && (c = structuredClone(a));
  }
  sn(e, c);
}
function rn(e, t, n) {
  let r = /* @__PURE__ */ new Map(), s = (i, a) => {
    r.has(i) || r.set(i, []), r.get(i).push(a);
  };
  for (let i of e.nodes()) {
    let a = e.node(i);
    if (typeof a.rank == "number" && s(a.rank, i), typeof a.minRank == "number" && typeof a.maxRank == "number") for (let l = a.minRank; l <= a.maxRank; l++) l !== a.rank && s(l, i);
  }
  return t.map(function(i) {
    return _o(e, i, n, r.get(i) || []);
  });
}
function wo(e, t, n, r) {
  let s = !0, i = new J();
  e.forEach(function(a) {
    n.forEach((h) => i.setEdge(h.left, h.right));
    let l = a.graph().root, { result: c, usedBias: d } = ar(a, l, i, r, s);
    t && d && (s = !s), c.vs.forEach((h, u) => a.node(h).order = u), bo(a, i, c.vs);
  });
}
function sn(e, t) {
  Object.values(t).forEach((n) => n.forEach((r, s) => e.node(r).order = s));
}
function vo(e, t) {
  let n = {};
  function r(s, i) {
    let a = 0, l = 0, c = s.length, d = i[i.length - 1];
    return i.forEach((h, u) => {
      let p = ko(e, h), f = p ? e.node(p).order : c;
      (p || h === d) && (i.slice(l, u + 1).forEach((m) => {
        let y = e.predecessors(m);
        y && y.forEach((b) => {
          let v = e.node(b), _ = v.order;
          (_ < a || f < _) && !(v.dummy && e.node(m).dummy) && cr(n, b, m);
        });
      }), l = u + 1, a = f);
    }), i;
  }
  return t.length && t.reduce(r), n;
}
function yo(e, t) {
  let n = {};
  function r(a) {
    var l;
    return ((l = e.node(a)) == null ? void 0 : l.dummy) === "border";
  }
  if (!e.nodes().some(r)) return n;
  function s(a, l, c, d, h) {
    Ne(l, c).forEach((u) => {
      let p = a[u];
      if (p !== void 0 && e.node(p).dummy) {
        let f = e.predecessors(p);
        f && f.forEach((m) => {
          if (m === void 0) return;
          let y = e.node(m);
          y.dummy && (y.order < d || y.order > h) && cr(n, m, p);
        });
      }
    });
  }
  function i(a, l) {
    let c = -1, d = -1, h = 0;
    return l.forEach((u, p) => {
      if (r(u)) {
        let f = e.predecessors(u);
        if (f && f.length) {
          let m = f[0];
          if (m === void 0) return;
          d = e.node(m).order, s(l, h, p, c, d), h = p, c = d;
        }
      }
      s(l, h, l.length, d, a.length);
    }), l;
  }
  return t.length && t.reduce(i), n;
}
function ko(e, t) {
  if (e.node(t).dummy) {
    let n = e.predecessors(t);
    if (n) return n.find((r) => e.node(r).dummy);
  }
}
function cr(e, t, n) {
  if (t > n) {
    let s = t;
    t = n, n = s;
  }
  let r = e[t];
  r || (e[t] = r = {}), r[n] = !0;
}
function Eo(e, t, n) {
  if (t > n) {
    let s = t;
    t = n, n = s;
  }
  let r = e[t];
  return r !== void 0 && Object.hasOwn(r, n);
}
function xo(e, t, n, r, s) {
  let i = {}, a = {}, l = {};
  return t.forEach((c) => {
    c.forEach((d, h) => {
      i[d] = d, a[d] = d, l[d] = h;
    });
  }), t.forEach((c) => {
    let d = -1, h = -1, u = !1, p = c, f = c.findIndex((m) => s?.includes(m) || on(m, e, s));
    f > 0 && (p = [c[f], ...c.slice(0, f), ...c.slice(f + 1)], u = !0), p.forEach((m) => {
      var y;
      let b = r(m);
      if (b && b.length) {
        s != null && s.includes(m) && (b = b.filter((g) => on(g, e, s)));
        let v = b.sort((g, w) => {
          let k = l[g], M = l[w];
          return (k !== void 0 ? k : 0) - (M !== void 0 ? M : 0);
        }), _ = (v.length - 1) / 2;
        for (let g = Math.floor(_), w = Math.ceil(_); g <= w; ++g) {
          let k = v[g];
          if (k === void 0) continue;
          let M = l[k];
          if (M !== void 0 && a[m] === m && d < M && l[k] !== h && !Eo(n, m, k)) {
            let T = i[k];
            T !== void 0 && (a[k] = m, a[m] = i[m] = T, d = M, u && (d = -1, h = (y = l[k]) != null ? y : -1, u = !1));
          }
        }
      }
    });
  }), { root: i, align: a };
}
function $o(e, t, n, r, s = !1) {
  let i = {}, a = No(e, t, n, s), l = s ? "borderLeft" : "borderRight";
  function c(f, m) {
    let y = a.nodes().slice(), b = {}, v = y.pop();
    for (; v; ) {
      if (b[v]) f(v);
      else {
        b[v] = !0, y.push(v);
        for (let _ of m(v)) y.push(_);
      }
      v = y.pop();
    }
  }
  function d(f) {
    let m = a.inEdges(f);
    m ? i[f] = m.reduce((y, b) => {
      var v;
      let _ = (v = i[b.v]) != null ? v : 0, g = a.edge(b);
      return Math.max(y, _ + (g !== void 0 ? g : 0));
    }, 0) : i[f] = 0;
  }
  function h(f) {
    let m = a.outEdges(f), y = Number.POSITIVE_INFINITY;
    m && (y = m.reduce((v, _) => {
      let g = i[_.w], w = a.edge(_);
      return Math.min(v, (g !== void 0 ? g : 0) - (w !== void 0 ? w : 0));
    }, Number.POSITIVE_INFINITY));
    let b = e.node(f);
    y !== Number.POSITIVE_INFINITY && b.borderType !== l && (i[f] = Math.max(i[f] !== void 0 ? i[f] : 0, y));
  }
  function u(f) {
    return a.predecessors(f) || [];
  }
  function p(f) {
    return a.successors(f) || [];
  }
  return c(d, u), c(h, p), Object.keys(r).forEach((f) => {
    var m;
    let y = n[f];
    y !== void 0 && (i[f] = (m = i[y]) != null ? m : 0);
  }), i;
}
function No(e, t, n, r) {
  let s = new J(), i = e.graph(), a = Co(i.nodesep, i.edgesep, r);
  return t.forEach((l) => {
    let c;
    l.forEach((d) => {
      let h = n[d];
      if (h !== void 0) {
        if (s.setNode(h), c !== void 0) {
          let u = n[c];
          if (u !== void 0) {
            let p = s.edge(u, h);
            s.setEdge(u, h, Math.max(a(e, d, c), p || 0));
          }
        }
        c = d;
      }
    });
  }), s;
}
function Oo(e, t) {
  return Object.values(t).reduce((n, r) => {
    let s = Number.NEGATIVE_INFINITY, i = Number.POSITIVE_INFINITY;
    Object.entries(r).forEach(([l, c]) => {
      let d = Io(e, l) / 2;
      s = Math.max(c + d, s), i = Math.min(c - d, i);
    });
    let a = s - i;
    return a < n[0] && (n = [a, r]), n;
  }, [Number.POSITIVE_INFINITY, null])[1];
}
function So(e, t) {
  let n = Object.values(t), r = Z(Math.min, n), s = Z(Math.max, n);
  ["u", "d"].forEach((i) => {
    ["l", "r"].forEach((a) => {
      let l = i + a, c = e[l];
      if (!c || c === t) return;
      let d = Object.values(c), h = r - Z(Math.min, d);
      a !== "l" && (h = s - Z(Math.max, d)), h && (e[l] = He(c, (u) => u + h));
    });
  });
}
function Mo(e, t = void 0) {
  let n = e.ul;
  return n ? He(n, (r, s) => {
    var i, a;
    if (t) {
      let c = t.toLowerCase(), d = e[c];
      if (d && d[s] !== void 0) return d[s];
    }
    let l = Object.values(e).map((c) => {
      let d = c[s];
      return d !== void 0 ? d : 0;
    }).sort((c, d) => c - d);
    return (((i = l[1]) != null ? i : 0) + ((a = l[2]) != null ? a : 0)) / 2;
  }) : {};
}
function jo(e, t) {
  let n = Be(e), r = Object.assign(vo(e, n), yo(e, n)), s = {}, i;
  ["u", "d"].forEach((l) => {
    i = l === "u" ? n : Object.values(n).reverse(), ["l", "r"].forEach((c) => {
      c === "r" && (i = i.map((u) => Object.values(u).reverse()));
      let d = xo(e, i, r, (u) => (l === "u" ? e.predecessors(u) : e.successors(u)) || [], t), h = $o(e, i, d.root, d.align, c === "r");
      c === "r" && (h = He(h, (u) => -u)), s[l + c] = h;
    });
  });
  let a = Oo(e, s);
  return So(s, a), Mo(s, e.graph().align);
}
function Co(e, t, n) {
  return (r, s, i) => {
    let a = r.node(s), l = r.node(i), c = 0, d;
    if (c += a.width / 2, Object.hasOwn(a, "labelpos")) switch (a.labelpos.toLowerCase()) {
      case "l":
        d = -a.width / 2;
        break;
      case "r":
        d = a.width / 2;
        break;
    }
    if (d && (c += n ? d : -d), d = void 0, c += (a.dummy ? t : e) / 2, c += (l.dummy ? t : e) / 2, c += l.width / 2, Object.hasOwn(l, "labelpos")) switch (l.labelpos.toLowerCase()) {
      case "l":
        d = l.width / 2;
        break;
      case "r":
        d = -l.width / 2;
        break;
    }
    return d && (c += n ? d : -d), c;
  };
}
function Io(e, t) {
  return e.node(t).width;
}
function on(e, t, n) {
  var r;
  if (!n) return !1;
  let s = (r = t.node(e)) == null ? void 0 : r.edgeObj;
  if (!s || t.node(e).edgeLabel.reversed) return !1;
  let i = n.indexOf(s?.v), a = n.indexOf(s?.w);
  return i !== -1 && a !== -1 && i === (a + 1) % n.length || i === (a - 1) % n.length;
}
function To(e, t) {
  e = Kn(e), Lo(e), Object.entries(jo(e, t)).forEach(([n, r]) => e.node(n).x = r);
}
function Lo(e) {
  let t = Be(e), n = e.graph(), r = n.ranksep, s = n.rankalign, i = 0;
  t.forEach((a) => {
    let l = a.reduce((c, d) => {
      var h;
      let u = (h = e.node(d).height) != null ? h : 0;
      return c > u ? c : u;
    }, 0);
    a.forEach((c) => {
      let d = e.node(c);
      s === "top" ? d.y = i + d.height / 2 : s === "bottom" ? d.y = i + l - d.height / 2 : d.y = i + l / 2;
    }), i += l + r;
  });
}
var an = /* @__PURE__ */ new WeakMap();
function Po(e, t = {}) {
  return dr(e, ui, t), e;
}
function ln(e, t, n) {
  let r = t;
  for (; r !== void 0; ) {
    let s = e.parent(r);
    if (s === n) return r;
    r = s;
  }
}
function dr(e, t, n) {
  var r;
  let s = e.nodes().filter((_) => e.children(_).length), i = {};
  s.forEach((_) => {
    let g = e.node(_);
    if (g && g.rankdir) {
      let w = new J({ multigraph: !0, compound: !0 });
      w.setGraph({ rankdir: g.rankdir });
      let k = e.children(_);
      k.forEach((S) => {
        let N = { ...e.node(S) };
        w.setNode(S, N);
        let P = e.parent(S);
        P && P !== _ && k.includes(P) && w.setParent(S, P);
      });
      let M = /* @__PURE__ */ new Set();
      e.edges().forEach((S) => {
        let N = ln(e, S.v, _), P = ln(e, S.w, _);
        if (N === S.v && P === S.w) w.setEdge(S, { ...e.edge(S) });
        else if (N && P && N !== P) {
          let he = `${N}\0${P}`;
          M.has(he) || (M.add(he), w.setEdge(N, P, { ...e.edge(S) }));
        }
      }), dr(w, t, n);
      let T = fn(w);
      dn(T, t, n, null), hn(w, T);
      let E = 1 / 0, j = 1 / 0, L = -1 / 0, O = -1 / 0;
      w.nodes().forEach((S) => {
        if (S === _) return;
        let N = w.node(S);
        N && typeof N.x == "number" && typeof N.y == "number" && typeof N.width == "number" && typeof N.height == "number" && (E = Math.min(E, N.x - N.width / 2), L = Math.max(L, N.x + N.width / 2), j = Math.min(j, N.y - N.height / 2), O = Math.max(O, N.y + N.height / 2));
      }), (!isFinite(E) || !isFinite(j) || !isFinite(L) || !isFinite(O)) && (E = j = 0, L = O = 0);
      let x = L - E, $ = O - j;
      i[_] = { minX: E, minY: j, maxX: L, maxY: O, width: x, height: $, offsetX: E, offsetY: j }, g._dagreClusterSubgraph = w;
    }
  });
  let a = [], l = (_) => {
    let g = [], w = (e.children(_) || []).filter((k) => k !== _);
    for (; w.length > 0; ) {
      let k = w.shift();
      g.push(k), (e.children(k) || []).filter((M) => M !== k).forEach((M) => w.push(M));
    }
    return g;
  }, c = /* @__PURE__ */ new Map();
  s.forEach((_) => {
    let g = e.node(_);
    g && g.rankdir && i[_] && c.set(_, (e.children(_) || []).filter((w) => w !== _));
  });
  let d = new Set([...c.values()].flat()), h = /* @__PURE__ */ new Map();
  c.forEach((_, g) => {
    d.has(g) || h.set(g, l(g));
  });
  let u = new Set([...h.values()].flat()), p = (_) => {
    for (let [g, w] of h) if (w.includes(_)) return g;
    return _;
  }, f = [];
  e.edges().forEach((_) => {
    (u.has(_.v) || u.has(_.w)) && f.push({ edge: _, label: e.edge(_) });
  });
  let m = /* @__PURE__ */ new Map();
  u.forEach((_) => {
    let g = e.parent(_);
    m.set(_, typeof g == "string" ? g : void 0);
  }), h.forEach((_, g) => {
    let w = e.node(g), k = [];
    _.forEach((E) => {
      let j = e.node(E);
      j && (k.push({ id: E, node: j, parent: m.get(E) }), e.removeNode(E));
    });
    let M = f.filter(({ edge: E }) => _.includes(E.v) || _.includes(E.w)), T = i[g];
    w && (a.push({ clusterId: g, subgraph: w._dagreClusterSubgraph, bounds: T, children: _, removedNodes: k, removedEdges: M }), w.width = T.width, w.height = T.height);
  });
  let y = /* @__PURE__ */ new Set();
  f.forEach(({ edge: _, label: g }) => {
    let w = p(_.v), k = p(_.w);
    if (w !== k && e.hasNode(w) && e.hasNode(k)) {
      let M = `${w}\0${k}`;
      y.has(M) || (y.add(M), e.setEdge(w, k, { ...g, width: 0, height: 0 }));
    }
  });
  let b = fn(e), v = dn(b, t, n, (r = an.get(e)) != null ? r : null);
  an.set(e, v), hn(e, b), y.forEach((_) => {
    let g = _.indexOf("\0"), w = _.slice(0, g), k = _.slice(g + 1);
    e.hasEdge(w, k) && e.removeEdge(w, k);
  }), a.forEach(({ clusterId: _, subgraph: g, bounds: w, removedNodes: k, removedEdges: M }) => {
    var T, E;
    let j = e.node(_), L = (T = j?.x) != null ? T : 0, O = (E = j?.y) != null ? E : 0, x = (w.minX + w.maxX) / 2, $ = (w.minY + w.maxY) / 2;
    k.forEach(({ id: S, node: N, parent: P }) => {
      e.setNode(S, N), P !== void 0 && e.setParent(S, P);
    }), M.forEach(({ edge: S, label: N }) => {
      e.setEdge(S, N);
    }), g.nodes().forEach((S) => {
      if (S === _) return;
      let N = g.node(S), P = e.node(S);
      P && N && typeof N.x == "number" && typeof N.y == "number" && (P.x = L + (N.x - x), P.y = O + (N.y - $));
    }), cn(e, g, L - x, O - $), delete j._dagreClusterSubgraph;
  }), s.forEach((_) => {
    var g, w;
    let k = e.node(_), M = i[_];
    if (k && k.rankdir && k._dagreClusterSubgraph && M) {
      let T = k._dagreClusterSubgraph, E = (g = k.x) != null ? g : 0, j = (w = k.y) != null ? w : 0, L = (M.minX + M.maxX) / 2, O = (M.minY + M.maxY) / 2;
      T.nodes().forEach((x) => {
        if (x === _) return;
        let $ = T.node(x), S = e.node(x);
        if (S && $ && typeof $.x == "number" && typeof $.y == "number") {
          let N = $.x - L, P = $.y - O;
          S.x = E + N, S.y = j + P;
        }
      }), cn(e, T, E - L, j - O), delete k._dagreClusterSubgraph;
    }
  });
}
function cn(e, t, n, r) {
  t.edges().forEach((s) => {
    if (!e.hasEdge(s)) return;
    let i = t.edge(s), a = e.edge(s);
    a.points = i.points.map((l) => ({ x: l.x + n, y: l.y + r })), Object.hasOwn(i, "x") && (a.x = i.x + n, a.y = i.y + r);
  });
}
function dn(e, t, n, r = null) {
  var s, i;
  let a = n?.useDynamic !== !1, l = a && (s = r?.graph) != null ? s : null, c = a && (i = r?.rawNodes) != null ? i : null;
  t("    makeSpaceForEdgeLabels", () => Bo(e)), t("    removeSelfEdges", () => Zo(e)), t("    acyclic", () => Ei(e, l)), t("    nestingGraph.run", () => Gi(e)), t("    rank", () => Wi(Kn(e))), t("    injectEdgeLabelProxies", () => Ho(e)), t("    removeEmptyRanks", () => ci(e)), t("    nestingGraph.cleanup", () => Ji(e)), t("    normalizeRanks", () => li(e)), t("    assignRankMinMax", () => Vo(e)), t("    removeEdgeLabelProxies", () => Yo(e)), t("    normalize.run", () => Oi(e)), t("    parentDummyChains", () => Hi(e)), t("    addBorderSegments", () => Zi(e)), t("    order", () => lr(e, n, c)), t("    insertSelfEdges", () => Qo(e)), t("    adjustCoordinateSystem", () => eo(e)), t("    position", () => To(e, n.corePath)), t("    positionSelfEdges", () => ea(e));
  let d = JSON.parse(JSON.stringify(e._nodes));
  return t("    removeBorderNodes", () => Jo(e)), t("    normalize.undo", () => Mi(e)), t("    fixupEdgeLabelCoords", () => Ko(e)), t("    undoCoordinateSystem", () => to(e)), t("    translateGraph", () => zo(e)), t("    assignNodeIntersects", () => Go(e)), t("    reversePoints", () => Xo(e)), t("    acyclic.undo", () => $i(e)), { graph: e, rawNodes: d };
}
function hn(e, t) {
  e.nodes().forEach((n) => {
    let r = e.node(n), s = t.node(n);
    r && (r.x = s.x, r.y = s.y, r.order = s.order, r.rank = s.rank, t.children(n).length && (r.width = s.width, r.height = s.height));
  }), e.edges().forEach((n) => {
    let r = e.edge(n), s = t.edge(n);
    r.points = s.points, Object.hasOwn(s, "x") && (r.x = s.x, r.y = s.y);
  }), e.graph().width = t.graph().width, e.graph().height = t.graph().height;
}
var Ro = ["nodesep", "edgesep", "ranksep", "marginx", "marginy"], Do = { ranksep: 50, edgesep: 20, nodesep: 50, rankdir: "TB", rankalign: "center" }, Ao = ["acyclicer", "ranker", "rankdir", "align", "rankalign"], Fo = ["width", "height", "rank"], un = { width: 0, height: 0 }, Wo = ["minlen", "weight", "width", "height", "labeloffset"], Uo = { minlen: 1, weight: 1, width: 0, height: 0, labeloffset: 10, labelpos: "r" }, qo = ["labelpos"];
function fn(e) {
  let t = new J({ multigraph: !0, compound: !0 }), n = nt(e.graph());
  return t.setGraph(Object.assign({}, Do, tt(n, Ro), We(n, Ao))), e.nodes().forEach((r) => {
    let s = nt(e.node(r)), i = tt(s, Fo);
    Object.keys(un).forEach((l) => {
      i[l] === void 0 && (i[l] = un[l]);
    }), t.setNode(r, i);
    let a = e.parent(r);
    a !== void 0 && t.setParent(r, a);
  }), e.edges().forEach((r) => {
    let s = nt(e.edge(r));
    t.setEdge(r, Object.assign({}, Uo, tt(s, Wo), We(s, qo)));
  }), t;
}
function Bo(e) {
  let t = e.graph();
  t.ranksep /= 2, e.edges().forEach((n) => {
    var r;
    let s = e.edge(n);
    s.minlen *= 2, ((r = s.labelpos) != null ? r : "r").toLowerCase() !== "c" && (t.rankdir === "TB" || t.rankdir === "BT" ? s.width += s.labeloffset : s.height += s.labeloffset);
  });
}
function Ho(e) {
  e.edges().forEach((t) => {
    let n = e.edge(t);
    if (n.width && n.height) {
      let r = e.node(t.v), s = { rank: (e.node(t.w).rank - r.rank) / 2 + r.rank, e: t };
      we(e, "edge-proxy", s, "_ep");
    }
  });
}
function Vo(e) {
  let t = 0;
  e.nodes().forEach((n) => {
    let r = e.node(n);
    r.borderTop && (r.minRank = e.node(r.borderTop).rank, r.maxRank = e.node(r.borderBottom).rank, t = Math.max(t, r.maxRank));
  }), e.graph().maxRank = t;
}
function Yo(e) {
  e.nodes().forEach((t) => {
    let n = e.node(t);
    if (n.dummy === "edge-proxy") {
      let r = n;
      e.edge(r.e).labelRank = n.rank, e.removeNode(t);
    }
  });
}
function zo(e) {
  let t = Number.POSITIVE_INFINITY, n = 0, r = Number.POSITIVE_INFINITY, s = 0, i = e.graph(), a = i.marginx || 0, l = i.marginy || 0;
  function c(d) {
    let h = d.x, u = d.y, p = d.width, f = d.height;
    t = Math.min(t, h - p / 2), n = Math.max(n, h + p / 2), r = Math.min(r, u - f / 2), s = Math.max(s, u + f / 2);
  }
  e.nodes().forEach((d) => c(e.node(d))), e.edges().forEach((d) => {
    let h = e.edge(d);
    Object.hasOwn(h, "x") && c(h);
  }), t -= a, r -= l, e.nodes().forEach((d) => {
    let h = e.node(d);
    h.x -= t, h.y -= r;
  }), e.edges().forEach((d) => {
    let h = e.edge(d);
    h.points.forEach((u) => {
      u.x -= t, u.y -= r;
    }), Object.hasOwn(h, "x") && (h.x -= t), Object.hasOwn(h, "y") && (h.y -= r);
  }), i.width = n - t + a, i.height = s - r + l;
}
function Go(e) {
  e.edges().forEach((t) => {
    if (t.v === t.w) return;
    let n = e.edge(t), r = e.node(t.v), s = e.node(t.w), i, a;
    n.points ? (i = n.points[0], a = n.points[n.points.length - 1]) : (n.points = [], i = s, a = r), n.points.unshift(Kt(r, i)), n.points.push(Kt(s, a));
  });
}
function Ko(e) {
  e.edges().forEach((t) => {
    let n = e.edge(t);
    if (Object.hasOwn(n, "x")) switch ((n.labelpos === "l" || n.labelpos === "r") && (n.width -= n.labeloffset), n.labelpos) {
      case "l":
        n.x -= n.width / 2 + n.labeloffset;
        break;
      case "r":
        n.x += n.width / 2 + n.labeloffset;
        break;
    }
  });
}
function Xo(e) {
  e.edges().forEach((t) => {
    let n = e.edge(t);
    n.reversed && n.points.reverse();
  });
}
function Jo(e) {
  e.nodes().forEach((t) => {
    if (e.children(t).length) {
      let n = e.node(t), r = e.node(n.borderTop), s = e.node(n.borderBottom), i = e.node(n.borderLeft[n.borderLeft.length - 1]), a = e.node(n.borderRight[n.borderRight.length - 1]);
      n.width = Math.abs(a.x - i.x), n.height = Math.abs(s.y - r.y), n.x = i.x + n.width / 2, n.y = r.y + n.height / 2;
    }
  }), e.nodes().forEach((t) => {
    e.node(t).dummy === "border" && e.removeNode(t);
  });
}
function Zo(e) {
  e.edges().forEach((t) => {
    if (t.v === t.w) {
      let n = e.node(t.v);
      n.selfEdges || (n.selfEdges = []), n.selfEdges.push({ e: t, label: e.edge(t) }), e.removeEdge(t);
    }
  });
}
function Qo(e) {
  Be(e).forEach((t) => {
    let n = 0;
    t.forEach((r, s) => {
      let i = e.node(r);
      typeof i.rank != "number" && (i.rank = 0), i.order = s + n, (i.selfEdges || []).forEach((a) => {
        we(e, "selfedge", { width: a.label.width, height: a.label.height, rank: i.rank, order: s + ++n, e: a.e, edgeLabel: a.label }, "_se"), (!Array.isArray(a.label.points) || a.label.points.length !== 7) && (a.label.points = [{ x: 0, y: -10 }, { x: 0, y: -10 }, { x: 0, y: 0 }, { x: 0, y: 10 }, { x: 0, y: 10 }, { x: 0, y: 0 }, { x: 0, y: 0 }]);
      }), delete i.selfEdges;
    });
  });
}
function ea(e) {
  e.nodes().forEach((t) => {
    let n = e.node(t), r = (s) => typeof s == "number" && isFinite(s);
    if (n.dummy === "selfedge") {
      let s = n, i = e.node(s.e.v), a = r(i?.x) ? i.x : 0, l = r(i?.y) ? i.y : 0, c = r(i?.width) ? i.width : 0, d = r(i?.height) ? i.height : 0, h = r(n.x) ? n.x : a, u = r(n.y) ? n.y : l, p = c / 2, f = d / 2;
      s.edgeLabel.points = [{ x: h + p, y: u - f }, { x: h + p, y: u - f }, { x: h, y: u }, { x: h - p, y: u + f }, { x: h - p, y: u + f }, { x: h, y: u }, { x: h, y: u }], s.edgeLabel.x = h, s.edgeLabel.y = u, e.setEdge(s.e, s.edgeLabel), e.removeNode(t);
    } else n && Array.isArray(n.selfEdges) && n.selfEdges.forEach((s) => {
      if (!Array.isArray(s.label.points) || s.label.points.length !== 7) {
        let i = r(n.x) ? n.x : 0, a = r(n.y) ? n.y : 0, l = r(n.width) ? n.width : 0, c = r(n.height) ? n.height : 0, d = l / 2, h = c / 2;
        s.label.points = [{ x: i + d, y: a - h }, { x: i + d, y: a - h }, { x: i, y: a }, { x: i - d, y: a + h }, { x: i - d, y: a + h }, { x: i, y: a }, { x: i, y: a }];
      }
    });
  });
}
function tt(e, t) {
  return He(We(e, t), Number);
}
function nt(e) {
  let t = {};
  return e && Object.entries(e).forEach(([n, r]) => {
    typeof n == "string" && (n = n.toLowerCase()), t[n] = r;
  }), t;
}
/*! For license information please see dagre.esm.js.LEGAL.txt */
const ta = {
  agent: { width: 196, height: 62 },
  topic: { width: 176, height: 40 },
  store: { width: 132, height: 40 }
}, na = 12, je = 56, ra = 1.7;
function sa(e) {
  const t = ia(e).map(oa), n = t.reduce((c, d) => c + (d.width + je) * (d.height + je), 0), r = Math.max(Math.sqrt(n * ra), ...t.map((c) => c.width)), s = { nodes: [], lines: [], width: 0, height: 0 };
  let [i, a, l] = [0, 0, 0];
  for (const c of t.sort((d, h) => h.height - d.height)) {
    i > 0 && i + c.width > r && ([i, a, l] = [0, a + l + je, 0]);
    const d = (h) => ({ ...h, x: h.x + i, y: h.y + a });
    s.nodes.push(...c.nodes.map(d)), s.lines.push(...c.routes.map(({ points: h, ...u }) => ({ ...u, ...aa(h.map(d)) }))), s.width = Math.max(s.width, i + c.width), l = Math.max(l, c.height), s.height = Math.max(s.height, a + l), i += c.width + je;
  }
  return s;
}
function ia(e) {
  const t = /* @__PURE__ */ new Map();
  for (const { from: c, to: d } of e.edges)
    t.set(c, (t.get(c) ?? 0) + 1), t.set(d, (t.get(d) ?? 0) + 1);
  const n = (c) => !c.startsWith("agent:") && t.get(c) > na, r = new Map(e.nodes.map((c) => [c.id, c.id])), s = (c) => {
    let d = c;
    for (; r.get(d) !== d; ) d = r.get(d);
    return r.set(c, d), d;
  };
  for (const { from: c, to: d } of e.edges)
    !n(c) && !n(d) && r.set(s(c), s(d));
  const i = new Map(e.nodes.map((c) => [c.id, c])), a = /* @__PURE__ */ new Map(), l = (c) => {
    const d = s(c);
    return a.has(d) || a.set(d, { nodes: /* @__PURE__ */ new Set(), edges: [] }), a.get(d);
  };
  for (const c of e.nodes) t.has(c.id) && n(c.id) || l(c.id).nodes.add(c);
  for (const c of e.edges) {
    const d = l(n(c.from) ? c.to : c.from);
    d.nodes.add(i.get(c.from)).add(i.get(c.to)), d.edges.push(c);
  }
  return [...a.values()].map((c) => ({ nodes: [...c.nodes], edges: c.edges }));
}
function oa(e, t) {
  const n = new J();
  n.setGraph({ rankdir: "LR", nodesep: 22, edgesep: 14, ranksep: 104, ranker: "tight-tree", marginx: 12, marginy: 12 }), n.setDefaultEdgeLabel(() => ({}));
  for (const c of e.nodes) n.setNode(c.id, { ...ta[c.kind] });
  for (const { from: c, to: d } of e.edges) n.setEdge(c, d, {});
  Po(n);
  const r = new Set(e.nodes.filter((c) => c.dead).map((c) => c.id)), s = e.nodes.map((c) => {
    const { x: d, y: h, width: u, height: p } = n.node(c.id);
    return { ...c, key: `${t} ${c.id}`, x: d, y: h, width: u, height: p };
  }), i = e.edges.map((c) => {
    const { points: d } = n.edge(c.from, c.to);
    return { edge: c, key: `${t} ${c.id}`, deadEnd: r.has(c.to), points: d };
  }), { width: a = 0, height: l = 0 } = n.graph();
  return { nodes: s, routes: i, width: a, height: l };
}
function aa(e) {
  const [t, ...n] = e, r = (d) => Math.round(d * 10) / 10;
  let s = `M${r(t.x)} ${r(t.y)}`, i = t;
  for (const d of n) {
    const h = (i.x + d.x) / 2;
    s += `C${r(h)} ${r(i.y)} ${r(h)} ${r(d.y)} ${r(d.x)} ${r(d.y)}`, i = d;
  }
  const a = Math.floor((e.length - 1) / 2), [l, c] = [e[a], e[a + 1] ?? e[a]];
  return { path: s, label: e.length % 2 === 1 ? l : { x: (l.x + c.x) / 2, y: (l.y + c.y) / 2 } };
}
function hr(e) {
  return class extends ke {
    shouldComponentUpdate(n) {
      return [.../* @__PURE__ */ new Set([...Object.keys(this.props), ...Object.keys(n)])].some((s) => !Object.is(this.props[s], n[s]));
    }
    render() {
      return e(this.props);
    }
  };
}
const la = 0.04, ca = 2.5, pn = 24;
function da(e, t) {
  const n = ur(
    Math.min((t.width - 2 * pn) / Math.max(1, e.width), (t.height - 2 * pn) / Math.max(1, e.height), 1)
  );
  return { scale: n, x: (t.width - e.width * n) / 2, y: (t.height - e.height * n) / 2 };
}
function ue(e, t, n) {
  const r = ur(e.scale * t), s = r / e.scale;
  return { scale: r, x: n.x - (n.x - e.x) * s, y: n.y - (n.y - e.y) * s };
}
function pe(e, t, n) {
  return { ...e, x: e.x + t, y: e.y + n };
}
function ha(e, t, n) {
  const [r, s] = [t.x * e.scale + e.x, t.y * e.scale + e.y];
  return r >= 0 && s >= 0 && r <= n.width && s <= n.height;
}
function ua(e, t, n) {
  const r = Math.max(e.scale, 0.8);
  return { scale: r, x: n.width / 2 - t.x * r, y: n.height / 2 - t.y * r };
}
function ur(e) {
  return Math.min(ca, Math.max(la, e));
}
const Ce = 60, fa = 0.42, pa = 80;
function ga({ layout: e, layouts: t, numbers: n, selected: r, onSelect: s }) {
  const i = be(null), [a, l] = D({ x: 0, y: 0, scale: 1 }), c = () => ({ width: i.current.clientWidth, height: i.current.clientHeight }), d = () => ({ x: c().width / 2, y: c().height / 2 }), h = () => l(da(e, c()));
  Q(h, [e]), wa(i, l);
  const u = va(l), p = (b) => {
    const _ = {
      ArrowLeft: () => l((g) => pe(g, Ce, 0)),
      ArrowRight: () => l((g) => pe(g, -Ce, 0)),
      ArrowUp: () => l((g) => pe(g, 0, Ce)),
      ArrowDown: () => l((g) => pe(g, 0, -Ce)),
      "+": () => l((g) => ue(g, 1.25, d())),
      "=": () => l((g) => ue(g, 1.25, d())),
      "-": () => l((g) => ue(g, 0.8, d())),
      0: h
    }[b.key];
    _ === void 0 || b.ctrlKey || b.metaKey || b.altKey || (b.preventDefault(), _());
  }, f = $r(
    (b) => l((v) => ha(v, b, c()) ? v : ua(v, b, c())),
    []
  ), m = te(() => [
    ...e.lines.map((b) => /* @__PURE__ */ o(
      ma,
      {
        line: b,
        faded: r !== "" && b.edge.from !== r && b.edge.to !== r,
        ...n.edge(b.edge, b.deadEnd)
      },
      b.key
    )),
    ...e.nodes.map((b) => /* @__PURE__ */ o(
      ba,
      {
        node: b,
        chosen: b.id === r,
        latency: b.kind === "agent" ? n.agent(b.label)?.latency.p95 ?? null : null,
        onSelect: s,
        onFocused: f,
        ...n.node(b)
      },
      b.key
    ))
  ], [e, n, r]), y = a.scale < fa;
  return /* @__PURE__ */ o(
    "div",
    {
      ref: i,
      class: `graph ${y ? "far" : ""} ${e.lines.length <= pa ? "moving" : ""}`,
      "data-layouts": t,
      onKeyDown: p,
      ...u,
      children: [
        /* @__PURE__ */ o("svg", { role: "group", "aria-label": `The topology: ${U(e.nodes.length, "node")}, ${U(e.lines.length, "edge")}`, children: [
          /* @__PURE__ */ o(_a, {}),
          /* @__PURE__ */ o("g", { transform: `translate(${a.x} ${a.y}) scale(${a.scale})`, children: m })
        ] }),
        /* @__PURE__ */ o("div", { class: "zoom", role: "toolbar", "aria-label": "View", children: [
          /* @__PURE__ */ o("button", { type: "button", title: "Zoom in (+)", "aria-label": "Zoom in", onClick: () => l((b) => ue(b, 1.25, d())), children: "+" }),
          /* @__PURE__ */ o("button", { type: "button", title: "Zoom out (−)", "aria-label": "Zoom out", onClick: () => l((b) => ue(b, 0.8, d())), children: "−" }),
          /* @__PURE__ */ o("button", { type: "button", class: "whole", title: "Show all (0)", onClick: h, children: "Show all" })
        ] })
      ]
    }
  );
}
function _a() {
  return /* @__PURE__ */ o("defs", { children: ["plain", "warn", "bad"].map((e) => /* @__PURE__ */ o("marker", { id: `arrow-${e}`, class: `arrow ${e}`, viewBox: "0 0 8 8", refX: "7", refY: "4", markerWidth: "8", markerHeight: "8", markerUnits: "userSpaceOnUse", orient: "auto", children: /* @__PURE__ */ o("path", { d: "M0 0.6 7.4 4 0 7.4Z" }) }, e)) });
}
const ma = hr(function({ line: t, faded: n, rate: r, lagMessages: s, lagSeconds: i, failed: a, level: l }) {
  const c = t.deadEnd ? a > 0 ? `${C(a)} in 1 min` : "" : r === null ? "" : ne(r), d = (s ?? 0) > 0 ? `${C(s)} behind${i ? ` · ${q(i)}` : ""}` : "", h = 1.4 + Math.min(4, Math.log10(1 + (r ?? 0)) * 1.4);
  return /* @__PURE__ */ o("g", { class: `edge ${l} ${r ? "flows" : ""} ${t.deadEnd ? "dead" : ""} ${n ? "faded" : ""}`, "data-edge": t.edge.id, children: [
    /* @__PURE__ */ o("path", { d: t.path, "stroke-width": h.toFixed(1), "marker-end": `url(#arrow-${l || "plain"})` }),
    c !== "" && /* @__PURE__ */ o("text", { class: "flow", x: t.label.x, y: t.label.y - 5, children: c }),
    d !== "" && /* @__PURE__ */ o("text", { class: "lag", x: t.label.x, y: t.label.y + 12, children: d })
  ] });
}), ba = hr(function({ node: t, chosen: n, latency: r, rate: s, level: i, note: a, onSelect: l, onFocused: c }) {
  const { width: d, height: h } = t, u = t.kind === "agent", p = [s === null ? "" : ne(s), r === null ? "" : `p95 ${q(r)}`].filter(Boolean), f = t.kind === "store" ? "store" : p.join("  ·  "), m = () => l(n ? "" : t.id), y = (v) => {
    v.key !== "Enter" && v.key !== " " || (v.preventDefault(), m());
  }, b = `${t.kind} ${t.label}${f ? `, ${f}` : ""}${a ? `, ${a}` : ""}`;
  return /* @__PURE__ */ o(
    "g",
    {
      class: `node ${t.kind} ${i} ${t.dead ? "dead" : ""} ${n ? "chosen" : ""}`,
      transform: `translate(${t.x - d / 2} ${t.y - h / 2})`,
      "data-node": t.id,
      role: "button",
      tabIndex: 0,
      "aria-pressed": n,
      "aria-label": b,
      onClick: m,
      onKeyDown: y,
      onFocus: () => c(t),
      children: [
        /* @__PURE__ */ o("title", { children: b }),
        /* @__PURE__ */ o("rect", { class: "body", width: d, height: h, rx: t.kind === "topic" ? h / 2 : t.kind === "store" ? 7 : 12 }),
        u && /* @__PURE__ */ o("circle", { class: "dot", cx: "17", cy: "20", r: "4.5" }),
        /* @__PURE__ */ o("text", { class: "name", x: u ? 30 : d / 2, y: u ? 24.5 : a || f ? 17 : 25, children: gn(t.label, u ? 21 : 22) }),
        /* @__PURE__ */ o("text", { class: "facts", x: u ? 15 : d / 2, y: u ? 46 : 31, children: u && a ? `${p[0] ?? ""}  ·  ${gn(a, 18)}` : t.dead ? a : f })
      ]
    }
  );
});
function gn(e, t) {
  return e.length <= t ? e : `${e.slice(0, t - 1)}…`;
}
function wa(e, t) {
  Q(() => {
    const n = e.current, r = (s) => {
      s.preventDefault();
      const { left: i, top: a } = n.getBoundingClientRect(), l = { x: s.clientX - i, y: s.clientY - a }, c = s.deltaMode !== 0 || s.deltaX === 0 && Math.abs(s.deltaY) >= 50;
      s.ctrlKey || c ? t((d) => ue(d, Math.exp(-s.deltaY * (s.ctrlKey ? 0.01 : 16e-4)), l)) : t((d) => pe(d, -s.deltaX, -s.deltaY));
    };
    return n.addEventListener("wheel", r, { passive: !1 }), () => n.removeEventListener("wheel", r);
  }, []);
}
function va(e) {
  const t = be(null);
  return te(
    () => ({
      onPointerDown: (n) => {
        n.button === 0 && (t.current = { x: n.clientX, y: n.clientY, moved: !1 });
      },
      onPointerMove: (n) => {
        const r = t.current;
        if (r === null || n.buttons === 0) return;
        const [s, i] = [n.clientX - r.x, n.clientY - r.y];
        !r.moved && Math.hypot(s, i) < 4 || (r.moved || n.currentTarget.setPointerCapture(n.pointerId), t.current = { x: n.clientX, y: n.clientY, moved: !0 }, e((a) => pe(a, s, i)));
      },
      onPointerUp: () => {
        t.current = null;
      }
    }),
    []
  );
}
function ya({ id: e, graph: t, numbers: n, onClose: r }) {
  const [s, i] = [e.slice(0, e.indexOf(":")), e.slice(e.indexOf(":") + 1)], a = be(null);
  return Q(() => a.current?.scrollTo(0, 0), [e]), /* @__PURE__ */ o("aside", { ref: a, class: "panel", "aria-label": `${s} ${i}`, onKeyDown: (l) => l.key === "Escape" && r(), children: [
    /* @__PURE__ */ o("header", { children: [
      /* @__PURE__ */ o("div", { children: [
        /* @__PURE__ */ o("span", { class: "quiet", children: s }),
        /* @__PURE__ */ o("h2", { children: i })
      ] }),
      /* @__PURE__ */ o("button", { type: "button", class: "button plain", "aria-label": "Close", onClick: r, children: "✕" })
    ] }),
    s === "agent" ? /* @__PURE__ */ o(ka, { name: i, agent: n.agent(i) }) : /* @__PURE__ */ o(Ea, { id: e, graph: t, numbers: n })
  ] });
}
function ka({ name: e, agent: t }) {
  const n = H(), r = K(n.streams.value);
  if (t === void 0) return /* @__PURE__ */ o(G, { title: "No worker speaks of it", children: "It is declared, and nobody runs it." });
  const s = n.history.of(e), i = Object.values(t.suppressed).reduce((a, l) => a + l, 0);
  return /* @__PURE__ */ o(Y, { children: [
    /* @__PURE__ */ o("p", { children: t.state === "waiting" ? /* @__PURE__ */ o(W, { tone: "bad", children: [
      "waits for ",
      t.waiting_for.join(", ")
    ] }) : /* @__PURE__ */ o(W, { tone: "good", children: "running" }) }),
    /* @__PURE__ */ o("div", { class: "sparks", children: [
      /* @__PURE__ */ o(rt, { name: "in", value: ne(t.rates.in), children: /* @__PURE__ */ o(Ge, { samples: s, of: (a) => a.in, name: "Events a second, the last two minutes" }) }),
      /* @__PURE__ */ o(rt, { name: "failed", value: ne(t.rates.failed), tone: t.rates.failed > 0 ? "bad" : "", children: /* @__PURE__ */ o(Ge, { samples: s, of: (a) => a.failed, name: "Failures a second, the last two minutes" }) }),
      /* @__PURE__ */ o(rt, { name: "lag", value: q(Math.max(0, ...t.sources.map((a) => a.lag_seconds ?? 0))), children: /* @__PURE__ */ o(Ge, { samples: s, of: (a) => a.lag, name: "Lag in seconds, the last two minutes" }) })
    ] }),
    /* @__PURE__ */ o("div", { class: "figures", children: [
      /* @__PURE__ */ o(V, { name: "events", value: C(t.in), title: `${t.in} since the workers started` }),
      /* @__PURE__ */ o(V, { name: "duplicates", value: C(t.duplicates), title: Ln(t.duplicates, t.in) }),
      /* @__PURE__ */ o(V, { name: "suppressed", value: C(i) }),
      /* @__PURE__ */ o(V, { name: "late", value: C(t.late) }),
      /* @__PURE__ */ o(V, { name: "retried", value: C(t.retried), tone: t.retried > 0 ? "warn" : "" }),
      /* @__PURE__ */ o(V, { name: "dead letters", value: C(t.dead_lettered), tone: t.dead_lettered > 0 ? "bad" : "" })
    ] }),
    /* @__PURE__ */ o("h3", { children: "Latency and batches" }),
    /* @__PURE__ */ o(
      xa,
      {
        rows: [
          ["publish → done", t.latency, q],
          ["events in a batch", t.batch_events, C]
        ]
      }
    ),
    /* @__PURE__ */ o("h3", { children: "Steps" }),
    /* @__PURE__ */ o("table", { class: "dense", children: [
      /* @__PURE__ */ o("thead", { children: /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("th", { children: "Step" }),
        /* @__PURE__ */ o("th", { class: "number", children: "in" }),
        /* @__PURE__ */ o("th", { class: "number", children: "out" }),
        /* @__PURE__ */ o("th", { class: "number", children: "failed" }),
        /* @__PURE__ */ o("th", { class: "number", children: "p50" }),
        /* @__PURE__ */ o("th", { class: "number", children: "p95" }),
        /* @__PURE__ */ o("th", { class: "number", children: "p99" })
      ] }) }),
      /* @__PURE__ */ o("tbody", { children: t.steps.map((a, l) => /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("td", { children: [
          a.kind,
          " ",
          /* @__PURE__ */ o("span", { class: "quiet", children: a.name })
        ] }),
        /* @__PURE__ */ o("td", { class: "number", children: C(a.in) }),
        /* @__PURE__ */ o("td", { class: "number", children: C(a.out) }),
        /* @__PURE__ */ o("td", { class: `number ${a.failed > 0 ? "bad" : ""}`, children: C(a.failed) }),
        /* @__PURE__ */ o("td", { class: "number", children: q(a.seconds.p50) }),
        /* @__PURE__ */ o("td", { class: "number", children: q(a.seconds.p95) }),
        /* @__PURE__ */ o("td", { class: "number", children: q(a.seconds.p99) })
      ] }, `${l} ${a.kind} ${a.name}`)) })
    ] }),
    /* @__PURE__ */ o("h3", { children: "Lanes" }),
    /* @__PURE__ */ o("table", { class: "dense", children: [
      /* @__PURE__ */ o("thead", { children: /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("th", { children: "Reads" }),
        /* @__PURE__ */ o("th", { class: "number", children: "events" }),
        /* @__PURE__ */ o("th", { class: "number", children: "rate" }),
        /* @__PURE__ */ o("th", { class: "number", children: "behind" }),
        /* @__PURE__ */ o("th", { class: "number", children: "oldest" })
      ] }) }),
      /* @__PURE__ */ o("tbody", { children: t.sources.map((a) => /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("td", { children: a.topic }),
        /* @__PURE__ */ o("td", { class: "number", children: C(a.in) }),
        /* @__PURE__ */ o("td", { class: "number", children: ne(a.rate) }),
        /* @__PURE__ */ o("td", { class: "number", children: C(a.lag_messages) }),
        /* @__PURE__ */ o("td", { class: "number", children: q(a.lag_seconds) })
      ] }, a.topic)) })
    ] }),
    /* @__PURE__ */ o("dl", { class: "pairs", children: (r?.workers ?? []).filter((a) => (a.partitions[e] ?? []).length > 0).map((a) => /* @__PURE__ */ o(Y, { children: [
      /* @__PURE__ */ o("dt", { children: /* @__PURE__ */ o("code", { children: a.id }) }),
      /* @__PURE__ */ o("dd", { children: [
        U(a.partitions[e].length, "partition"),
        ": ",
        wt(a.partitions[e])
      ] })
    ] }, a.id)) }),
    /* @__PURE__ */ o(st, { title: "Suppressed, by reason", numbers: t.suppressed }),
    /* @__PURE__ */ o(st, { title: "Dead letters, by reason", numbers: t.dead_letters, href: (a) => R("letters", { agent: e, error: a }) }),
    /* @__PURE__ */ o(st, { title: "Emitted", numbers: t.out, rates: t.rates.out })
  ] });
}
function Ea({ id: e, graph: t, numbers: n }) {
  const r = t.nodes.find((c) => c.id === e);
  if (r === void 0) return /* @__PURE__ */ o(G, { title: "It is not in this graph" });
  const s = t.edges.filter((c) => c.to === e).map((c) => c.from), i = t.edges.filter((c) => c.from === e).map((c) => c.to), { rate: a, note: l } = n.node(r);
  return /* @__PURE__ */ o(Y, { children: [
    a !== null && /* @__PURE__ */ o(V, { name: "events", value: ne(a) }),
    l && /* @__PURE__ */ o("p", { children: l }),
    r.dead && /* @__PURE__ */ o("p", { children: /* @__PURE__ */ o("a", { href: R("letters", { state: "pending" }), children: "Dead letters" }) }),
    /* @__PURE__ */ o(_n, { title: "Written by", ids: s }),
    /* @__PURE__ */ o(_n, { title: "Read by", ids: i })
  ] });
}
function _n({ title: e, ids: t }) {
  return t.length === 0 ? null : /* @__PURE__ */ o(Y, { children: [
    /* @__PURE__ */ o("h3", { children: e }),
    /* @__PURE__ */ o("ul", { class: "plain", children: t.map((n) => /* @__PURE__ */ o("li", { children: /* @__PURE__ */ o("a", { href: R("topology", n.startsWith("agent:") ? { agent: n.slice(6) } : { node: n }), children: n.slice(n.indexOf(":") + 1) }) }, n)) })
  ] });
}
function rt({ name: e, value: t, tone: n = "", children: r }) {
  return /* @__PURE__ */ o("div", { class: `line ${n}`, children: [
    /* @__PURE__ */ o("span", { class: "quiet", children: e }),
    r,
    /* @__PURE__ */ o("b", { children: t })
  ] });
}
function xa({ rows: e }) {
  return /* @__PURE__ */ o("table", { class: "dense", children: [
    /* @__PURE__ */ o("thead", { children: /* @__PURE__ */ o("tr", { children: [
      /* @__PURE__ */ o("th", {}),
      /* @__PURE__ */ o("th", { class: "number", children: "p50" }),
      /* @__PURE__ */ o("th", { class: "number", children: "p95" }),
      /* @__PURE__ */ o("th", { class: "number", children: "p99" }),
      /* @__PURE__ */ o("th", { class: "number", children: "most" })
    ] }) }),
    /* @__PURE__ */ o("tbody", { children: e.map(([t, n, r]) => /* @__PURE__ */ o("tr", { children: [
      /* @__PURE__ */ o("td", { children: t }),
      [n.p50, n.p95, n.p99, n.max].map((s, i) => /* @__PURE__ */ o("td", { class: "number", children: n.count === 0 ? ie : r(s) }, i))
    ] }, t)) })
  ] });
}
function st({ title: e, numbers: t, rates: n, href: r }) {
  const s = Object.entries(t).sort((i, a) => a[1] - i[1] || i[0].localeCompare(a[0]));
  return s.length === 0 ? null : /* @__PURE__ */ o(Y, { children: [
    /* @__PURE__ */ o("h3", { children: e }),
    /* @__PURE__ */ o("table", { class: "dense", children: /* @__PURE__ */ o("tbody", { children: s.map(([i, a]) => /* @__PURE__ */ o("tr", { children: [
      /* @__PURE__ */ o("td", { children: r === void 0 ? i : /* @__PURE__ */ o("a", { href: r(i), children: i }) }),
      n !== void 0 && /* @__PURE__ */ o("td", { class: "number", children: ne(n[i] ?? 0) }),
      /* @__PURE__ */ o("td", { class: "number", title: String(a), children: C(a) })
    ] }, i)) }) })
  ] });
}
function $a({ route: e }) {
  const t = H(), n = K(t.topology), r = K(t.topologyError), s = K(t.streams.value), i = e.query.filter ?? "", a = e.query.agent ? `agent:${e.query.agent}` : e.query.node ?? "", l = be(0), c = te(() => {
    if (n === null) return null;
    const f = Fr(n, i);
    return l.current += 1, { graph: f, layout: sa(f) };
  }, [n, i]), d = te(() => new Ur(s, t.history.dying(t.now.value)), [s]), h = (f) => location.replace(R("topology", { filter: i, ...f })), u = te(
    () => (f) => {
      const { filter: m } = Object.fromEntries(new URLSearchParams(location.hash.split("?")[1] ?? "")), [y, b] = [f.slice(0, f.indexOf(":")), f.slice(f.indexOf(":") + 1)];
      location.replace(R("topology", { filter: m, ...y === "agent" ? { agent: b } : { node: f } }));
    },
    []
  );
  if (c === null) return r === "" ? /* @__PURE__ */ o(X, { rows: 6 }) : /* @__PURE__ */ o(z, { reason: r });
  const p = c.graph.nodes.filter((f) => f.kind === "agent").length;
  return /* @__PURE__ */ o("section", { class: "topology", "aria-label": "Topology", children: [
    /* @__PURE__ */ o("div", { class: "bar", children: [
      /* @__PURE__ */ o(
        "input",
        {
          type: "search",
          "aria-label": "Filter by name",
          placeholder: "Filter agents, topics, stores",
          value: i,
          onInput: (f) => h({ filter: f.currentTarget.value })
        }
      ),
      /* @__PURE__ */ o("span", { class: "quiet", children: U(p, "agent") }),
      /* @__PURE__ */ o(Na, {})
    ] }),
    /* @__PURE__ */ o("div", { class: "split", children: [
      c.graph.nodes.length === 0 ? /* @__PURE__ */ o(G, { title: i ? "Nothing has that in its name" : "No agents are declared", children: i ? "Filters look at the names of agents, topics and stores." : "A gateway alone shows them once a worker has spoken." }) : /* @__PURE__ */ o(ga, { layout: c.layout, layouts: l.current, numbers: d, selected: a, onSelect: u }),
      a !== "" && /* @__PURE__ */ o(ya, { id: a, graph: c.graph, numbers: d, onClose: () => u("") })
    ] })
  ] });
}
function Na() {
  return /* @__PURE__ */ o("ul", { class: "legend", "aria-label": "Legend", children: [
    /* @__PURE__ */ o("li", { class: "agent", children: "agent" }),
    /* @__PURE__ */ o("li", { class: "topic", children: "topic" }),
    /* @__PURE__ */ o("li", { class: "store", children: "store" }),
    /* @__PURE__ */ o("li", { class: "warn", children: "behind" }),
    /* @__PURE__ */ o("li", { class: "bad", children: "failing, waiting" })
  ] });
}
function Oa() {
  const e = H(), t = K(e.streams.value);
  if (t === null) return /* @__PURE__ */ o(X, { rows: 6 });
  const n = [...t.workers ?? []].sort((i, a) => i.id.localeCompare(a.id)), r = new Set(n.map((i) => i.version)), s = t.gateway;
  return /* @__PURE__ */ o("section", { "aria-label": "Workers", children: [
    /* @__PURE__ */ o(Oe, { title: "Workers", note: `${U(n.length, "worker")} in the group; a dead one leaves within 10 s.`, children: [
      r.size > 1 && /* @__PURE__ */ o(W, { tone: "warn", children: [
        "versions differ: ",
        [...r].sort().join(", ")
      ] }),
      s !== void 0 && /* @__PURE__ */ o(W, { tone: s.ready ? "good" : "warn", children: [
        "this gateway: ",
        U(s.connections, "socket"),
        " of ",
        U(s.users, "user")
      ] })
    ] }),
    n.length === 0 && /* @__PURE__ */ o(G, { title: "No worker runs", children: t.note ?? "None has spoken in the last 10 s: nothing is processed." }),
    n.map((i) => /* @__PURE__ */ o("article", { class: "card worker", "aria-label": `Worker ${i.id}`, children: [
      /* @__PURE__ */ o("header", { children: [
        /* @__PURE__ */ o("h2", { children: /* @__PURE__ */ o("code", { children: i.id }) }),
        /* @__PURE__ */ o("span", { class: "quiet", children: [i.host, i.address].filter(Boolean).join(" · ") }),
        /* @__PURE__ */ o(W, { children: i.version }),
        /* @__PURE__ */ o("span", { class: "facts", children: [
          /* @__PURE__ */ o("span", { class: "quiet", children: "seen" }),
          " ",
          /* @__PURE__ */ o(B, { at: i.seen }),
          /* @__PURE__ */ o("span", { class: "quiet", children: "started" }),
          " ",
          /* @__PURE__ */ o(B, { at: i.started }),
          /* @__PURE__ */ o("span", { class: "quiet", children: "memory" }),
          " ",
          /* @__PURE__ */ o("b", { children: _e(i.rss_bytes) }),
          /* @__PURE__ */ o("span", { class: "quiet", children: "processor time" }),
          " ",
          /* @__PURE__ */ o("b", { children: q(i.cpu_seconds) })
        ] })
      ] }),
      /* @__PURE__ */ o("table", { class: "rows", children: [
        /* @__PURE__ */ o("thead", { children: /* @__PURE__ */ o("tr", { children: [
          /* @__PURE__ */ o("th", { children: "Agent" }),
          /* @__PURE__ */ o("th", { children: "State" }),
          /* @__PURE__ */ o("th", { children: "Partitions" }),
          /* @__PURE__ */ o("th", { class: "number", children: "In" }),
          /* @__PURE__ */ o("th", { class: "number", children: "Rate" }),
          /* @__PURE__ */ o("th", { class: "number", children: "Failed" })
        ] }) }),
        /* @__PURE__ */ o("tbody", { children: [...i.streams].sort((a, l) => a.agent.localeCompare(l.agent)).map((a) => /* @__PURE__ */ o("tr", { children: [
          /* @__PURE__ */ o("th", { scope: "row", children: a.agent }),
          /* @__PURE__ */ o("td", { children: a.state === "running" ? /* @__PURE__ */ o(W, { tone: "good", children: "running" }) : /* @__PURE__ */ o(W, { tone: "bad", children: [
            "waits for ",
            a.waiting_for.join(", ")
          ] }) }),
          /* @__PURE__ */ o("td", { children: wt(i.partitions[a.agent] ?? a.partitions) }),
          /* @__PURE__ */ o("td", { class: "number", children: C(a.in) }),
          /* @__PURE__ */ o("td", { class: "number", children: ne(a.rates.in) }),
          /* @__PURE__ */ o("td", { class: `number ${a.rates.failed > 0 ? "bad" : ""}`, children: ne(a.rates.failed) })
        ] }, a.agent)) })
      ] })
    ] }, i.id))
  ] });
}
const mn = [
  { name: "topology", title: "Topology", action: "read-stats", icon: "M5 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm0 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm14-6a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM7 6h3c3 0 3 6 7 6M7 18h3c3 0 3-6 7-6", show: (e) => /* @__PURE__ */ o($a, { route: e }) },
  { name: "tables", title: "Tables", action: "read-stats", icon: "M4 5h16v14H4zM4 10h16M10 10v9", show: (e) => /* @__PURE__ */ o(Cs, { route: e }) },
  { name: "workers", title: "Workers", action: "read-stats", icon: "M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01", show: () => /* @__PURE__ */ o(Oa, {}) },
  { name: "dependencies", title: "Dependencies", action: "read-stats", icon: "M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0ZM12 17v4", show: () => /* @__PURE__ */ o(rs, {}) },
  { name: "letters", title: "Dead letters", action: "read-dead-letters", icon: "M3 6h18v12H3zM3 7l9 7 9-7", show: (e) => /* @__PURE__ */ o(_s, { route: e }) },
  { name: "people", title: "People", action: "read-user", icon: "M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21c0-4 4-6 8-6s8 2 8 6", show: (e) => /* @__PURE__ */ o(vs, { route: e }) }
];
function Sa() {
  const [e, t] = D(null), [n, r] = D(""), [s, i] = D(Rt() !== "");
  Q(() => {
    const l = Rt();
    l !== "" && Wn(l).then(
      (c) => (t({ key: l, caller: c }), i(!1)),
      (c) => (r(le(c)), i(!1))
    );
  }, []);
  const a = (l) => {
    jr(), r(l), t(null);
  };
  return s ? /* @__PURE__ */ o(X, { rows: 3 }) : e === null ? /* @__PURE__ */ o(Ss, { reason: n, onSignedIn: (l, c) => (Mr(l), t({ key: l, caller: c })) }, n) : /* @__PURE__ */ o(Ma, { signed: e, onSignOut: a }, e.key);
}
function Ma({ signed: e, onSignOut: t }) {
  const n = te(() => new Qr(e.key, e.caller, (...a) => fetch(...a), Ar, t), []);
  Q(() => (n.start(), () => n.stop()), []);
  const r = Ia(), s = mn.filter((a) => n.may(a.action)), i = mn.find((a) => a.name === r.view);
  return /* @__PURE__ */ o(Dn.Provider, { value: n, children: [
    /* @__PURE__ */ o("a", { class: "skip", href: R(r.view, r.query, r.id), onClick: (a) => (a.preventDefault(), document.querySelector("main")?.focus()), children: "To the content" }),
    /* @__PURE__ */ o("div", { class: "shell", children: [
      /* @__PURE__ */ o("nav", { class: "rail", "aria-label": "Views", children: [
        /* @__PURE__ */ o("span", { class: "brand", children: [
          /* @__PURE__ */ o("span", { class: "brand-mark", "aria-hidden": "true" }),
          /* @__PURE__ */ o("span", { class: "words", children: "Pavilion" })
        ] }),
        s.map((a) => /* @__PURE__ */ o("a", { href: R(a.name), "aria-current": a === i ? "page" : void 0, title: a.title, children: [
          /* @__PURE__ */ o(es, { path: a.icon }),
          /* @__PURE__ */ o("span", { class: "words", children: a.title }),
          /* @__PURE__ */ o(ja, { view: a.name })
        ] }, a.name)),
        /* @__PURE__ */ o("div", { class: "foot", children: [
          /* @__PURE__ */ o(Ca, {}),
          /* @__PURE__ */ o("span", { class: "who words", title: e.caller.user_id, children: [
            "signed in as ",
            /* @__PURE__ */ o("b", { children: e.caller.role })
          ] }),
          /* @__PURE__ */ o("button", { type: "button", class: "button plain", onClick: () => t(""), children: "Sign out" })
        ] })
      ] }),
      /* @__PURE__ */ o("main", { tabIndex: -1, "data-view": r.view, children: [
        /* @__PURE__ */ o(ss, {}),
        i === void 0 ? /* @__PURE__ */ o(G, { title: "There is no such view", children: "Choose one on the left." }) : n.may(i.action) ? i.show(r) : /* @__PURE__ */ o(G, { title: `${i.title} is not for ${e.caller.role}`, children: "Sign in with a key of another role to see it." })
      ] })
    ] })
  ] });
}
function ja({ view: e }) {
  const t = K(H().streams.value), n = (t?.dependencies ?? []).filter((s) => s.state !== "closed").length, r = e === "letters" ? t?.dead_letter_backlog ?? 0 : e === "dependencies" ? n : 0;
  return r > 0 ? /* @__PURE__ */ o("span", { class: "badge", children: C(r) }) : null;
}
function Ca() {
  const [e, t] = D(Pn), n = (s) => {
    Rn(s), t(s);
  };
  return /* @__PURE__ */ o("span", { class: "switch", role: "group", "aria-label": "Colours", children: [["light", "Light"], ["dark", "Dark"], ["", "Auto"]].map(([s, i]) => /* @__PURE__ */ o("button", { type: "button", "aria-pressed": e === s, onClick: () => n(s), children: i }, i)) });
}
function Ia() {
  const [e, t] = D(() => qt(location.hash));
  return Q(() => {
    const n = () => t(qt(location.hash));
    return addEventListener("hashchange", n), () => removeEventListener("hashchange", n);
  }, []), e;
}
Rn(Pn());
vr(/* @__PURE__ */ o(Sa, {}), document.getElementById("app"));
