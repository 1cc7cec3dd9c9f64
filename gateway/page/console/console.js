var C, En, re, ot, Re, xn, Ie, $n, pt, at, On, qe = Symbol.for("pv"), De = {}, Ae = [], br = /^m(i|n|o|s|text|space)$/, gt = Array.isArray, Nn = Ae.slice, le = Object.assign;
function ae(e) {
  e && e.parentNode && e.remove();
}
function Le(e, t, n, r, s) {
  var i = { type: e, props: t, key: n, ref: r, __k: null, __: null, __b: 0, __e: null, __c: null, constructor: qe, __v: s || ++En, __i: -1, __u: 0 };
  return !s && C.vnode && C.vnode(i), i;
}
function Y(e) {
  return e.children;
}
function Ee(e, t) {
  this.props = e, this.context = t, this.__g = 0;
}
function ie(e, t) {
  if (t == null) return e.__ && ie(e.__, e.__i + 1);
  for (var n; t < e.__k.length; t++) if ((n = e.__k[t]) && n.__e) return n.__e;
  return typeof e.type != "function" || e.props.__P ? null : ie(e);
}
function wr(e) {
  var t, n = e.__v, r = n.__e, s = [], i = [], a = e.__P;
  a && ((t = le({ constructor: qe }, n)).__v = n.__v + 1, C.vnode && C.vnode(t), _t(a, t, n, e.__n, a.namespaceURI, 32 & n.__u ? [r] : null, s, r || ie(n), 32 & n.__u, i), t.__v = n.__v, t.__.__k[t.__i] = t, In(s, t, i), n.__ = n.__e = null, t.__e != r && Sn(t));
}
function Sn(e) {
  if ((e = e.__) && e.__c && !e.props.__P) return e.__e = null, e.__k.some(function(t) {
    return t && (e.__e = t.__e);
  }), Sn(e);
}
function lt(e) {
  (8 & e.__g || (e.__g |= 8, re.push(e), Re++)) && ot == C.debounceRendering || ((ot = C.debounceRendering) || queueMicrotask)(Mn);
}
function Mn() {
  try {
    for (var e, t = 1; re.length; ) re.length > t && re.sort(xn), e = re.shift(), t = re.length, 8 & e.__g && wr(e);
  } finally {
    (Re = re.length) && (ot || queueMicrotask)(Mn);
  }
}
function jn(e, t, n, r, s, i, a, l, c, d, h) {
  var u, p, f, m, v, b, y = r.__k || Ae, g = t.length;
  for (c = vr(n, t, y, c, g), u = 0; u < g; u++) (f = n.__k[u]) != null && (p = ~f.__i && y[f.__i] || De, f.__i = u, b = _t(e, f, p, s, i, a, l, c, d, h), m = f.__e, (p.ref != f.ref || 8 & p.__u) && (p.ref && mt(p.ref, null, f, p), f.ref && h.push(f.ref, f.__c || m, f)), v = v || m, 4 & f.__u ? (c = Tn(f, c, e, !p.__v), p.__e && (p.__e = null)) : typeof f.type == "function" && b !== void 0 ? c = b : m && (c = m.nextSibling), f.__u &= -21);
  return n.__e = v, c;
}
function vr(e, t, n, r, s) {
  var i, a, l, c, d, h, u, p, f, m = n.length, v = m, b = 0, y = 0, g = e.__k = Array(s);
  for (i = 0; i < s; i++) (a = t[i]) != null && typeof a != "boolean" && typeof a != "function" ? (typeof a != "object" || a.constructor === String ? a = g[i] = Le(null, a) : gt(a) ? a = g[i] = Le(Y, { children: a }) : a.constructor === qe && a.__b ? a = g[i] = Le(a.type, a.props, a.key, a.ref, a.__v) : g[i] = a, c = i + b, a.__ = e, a.__b = e.__b + 1, l = null, ~(d = a.__i = yr(a, n, c, v)) && (v--, (l = n[d]) && (l.__u |= 2)), l && l.__v ? (a.__u |= 16, d == c - 1 ? b-- : d == c + 1 ? b++ : d != c && (d > c ? b-- : b++, y = 1)) : (~d || (s > m ? b-- : s < m && b++), typeof a.type != "function" && (a.__u |= 4))) : g[i] = null;
  if (y) {
    for (h = [], u = [], i = 0; i < s; i++) if ((a = g[i]) && 16 & a.__u) {
      for (b = 0, p = h.length; b < p; ) h[f = b + p >> 1] < a.__i ? b = f + 1 : p = f;
      h[b] = a.__i, u[i] = b + 1;
    }
    for (b = h.length; i--; ) u[i] && (u[i] == b ? b-- : g[i].__u |= 4);
  }
  if (v) for (i = 0; i < m; i++) !(l = n[i]) || 2 & l.__u || (l.__e == r && (r = ie(l)), bt(l, l));
  return r;
}
function Tn(e, t, n, r) {
  var s, i, a, l;
  if (typeof e.type == "function") {
    if (e.props.__P) return t;
    if (s = e.__k) for (i = 0; i < s.length; i++) s[i] && (s[i].__ = e, t = Tn(s[i], t, n, !1));
    return t;
  }
  for (t && !t.parentNode && (t = ie(e)) && !t.parentNode && (t = null), a = e.__e, l = t; l && l.nodeType == 8; ) l = l.nextSibling;
  for (a != l && (!r && n.moveBefore && a.parentNode ? n.moveBefore(a, t) : n.insertBefore(a, t || null)), t = a; (t = t && t.nextSibling) && t.nodeType == 8 && !t.data.startsWith("$s"); ) ;
  return t;
}
function yr(e, t, n, r) {
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
function Me(e, t, n, r, s) {
  var i, a;
  if (t == "style") if (typeof n == "string") e.style.cssText = n;
  else {
    if (typeof r == "string" && (e.style.cssText = r = ""), r) for (t in r) n && t in n || Nt(e.style, t);
    if (n) for (t in n) r && n[t] == r[t] || Nt(e.style, t, n[t]);
  }
  else if (t[0] == "o" && t[1] == "n") typeof n != "function" && (n = null), typeof r != "function" && (r = null), (e.__e || (e.__e = {}))[t] = n, n && r || (a = at[t] || (at[t] = kr(t)), (e.__a || (e.__a = {}))[t] = pt, i = t != (t = t.replace($n, "$1")), (t = t.slice(2))[0] < "a" && (t = t.toLowerCase()), n ? e.addEventListener(t, a, i) : e.removeEventListener(t, a, i));
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
function kr(e) {
  return function(t) {
    var n = this.__e;
    if (n) {
      if (n = n[e], t[Ie] == null) t[Ie] = pt++;
      else if (t[Ie] < this.__a[e]) return;
      return n(C.event ? C.event(t) : t);
    }
  };
}
function _t(e, t, n, r, s, i, a, l, c, d) {
  var h, u, p, f, m, v, b, y, g, _, w, k, M, I, E, T, L, N, x = t.type;
  if (t.constructor !== qe) return null;
  128 & n.__u && (c = 32 & n.__u, h = n.__c.__z) && (t.__u |= c, u = i = [], h.nodeType == 8 ? l = Pe(h, i) : i.push(h), l = i[0] || l), (h = C.__b) && h(t);
  e: if (typeof x == "function") {
    p = a.length;
    try {
      if (y = t.props, g = (h = x.prototype) && h.render, _ = (h = x.contextType) && r[h.__c], w = h ? _ ? _.props.value : h.__ : r, (f = n.__c) ? (t.__c = f, 2 & f.__g && (f.__g |= 1)) : (g ? t.__c = f = new x(y, w) : (t.__c = f = new Ee(y, w), f.constructor = x, f.render = xr), _ && _.sub(f), f.state || (f.state = {}), f.__n = r, f.__g |= 8, f.__h = [], f.__k = []), g && (f.__s || (f.__s = f.state), x.getDerivedStateFromProps && (f.__s == f.state && (f.__s = le({}, f.__s)), le(f.__s, x.getDerivedStateFromProps(y, f.__s)))), m = f.props, v = f.state, f.__v = t, n.__c) {
        if (y !== m && g && !x.getDerivedStateFromProps && f.componentWillReceiveProps && f.componentWillReceiveProps(y, w), t.__v == n.__v && !(8 & f.__g) || !(4 & f.__g) && f.shouldComponentUpdate && f.shouldComponentUpdate(y, f.__s, w) === !1) {
          t.__v != n.__v && (f.props = y, f.state = f.__s, f.__g &= -9), t.__e = n.__e, t.__k = n.__k, t.__k.some(function($) {
            $ && ($.__ = t);
          }), Ae.push.apply(f.__h, f.__k), f.__k = [], f.__h.length && a.push(f), l = ie(n);
          break e;
        }
        f.componentWillUpdate && f.componentWillUpdate(y, f.__s, w), g && f.componentDidUpdate && f.__h.push(function() {
          f.componentDidUpdate(m, v, b);
        });
      } else g && !x.getDerivedStateFromProps && f.componentWillMount && f.componentWillMount(), g && f.componentDidMount && f.__h.push(f.componentDidMount);
      f.context = w, f.props = y, f.__P = e, f.__g &= -5, k = C.__r, M = g ? 25 : 0;
      do
        f.__g &= -9, k && k(t), h = f.render(f.props, f.state = f.__s, f.context);
      while (8 & f.__g && ++M < 25);
      g && (Ae.push.apply(f.__h, f.__k), f.__k = []), f.state = f.__s, f.getChildContext && (r = le({}, r, f.getChildContext())), g && n.__c && f.getSnapshotBeforeUpdate && (b = f.getSnapshotBeforeUpdate(m, v)), I = h && h.type === Y && h.key == null ? h.props.children : h, y.__P && (h = l, s = (e = y.__P).namespaceURI, c = i = null, n.props && n.props.__P != e && (n.__k.some(function($) {
        $ && bt($, $);
      }), n.__k = null), l = n.__k ? ie(n, 0) : null), l = jn(e, gt(I) ? I : [I], t, n, r, s, i, a, l, c, d), y.__P && (t.__e = null, l = h), t.__u &= -161, u && u.some(ae), f.__h.length && a.push(f), 1 & f.__g && (f.__g &= -4);
    } catch ($) {
      if (a.length = p, t.__v = null, c || i) if ($ && $.then) {
        if (t.__u |= 128 | c, i) {
          for (~(L = i.indexOf(l || void 0)) || (L = i.length); (N = i[L - 1]) && N.nodeType == 8; ) L--;
          for (; L < i.length; L++) if (N = i[L]) if (i[L] = null, E) {
            if (N == T) break;
          } else {
            if (N.nodeType != 8) break;
            N.data.startsWith("$s") && (T = Pe(E = N));
          }
        }
        if (!E) {
          for (; l && l.nodeType == 8 && l.nextSibling; ) l = l.nextSibling;
          E = l;
        }
        (h = Pe(E = t.__c.__z || (t.__c.__z = E))) ? (t.__e = E, l = h) : t.__e = l, l = l && l.nextSibling;
      } else i && i.some(ae);
      else t.__e = n.__e;
      t.__k || (t.__k = n.__k || []), $ && $.then || Cn(t), C.__e($, t, n);
    }
  } else l = t.__e = Er(n.__e, t, n, r, s, i, a, c, d, e);
  return (h = C.diffed) && h(t), l;
}
function Pe(e, t) {
  if (e && e.nodeType == 8 && e.data.startsWith("$s")) for (var n = 1; e = e.nextSibling; ) {
    if (e.nodeType == 8) {
      if (e.data.startsWith("$s")) n++;
      else if (e.data.startsWith("/$s") && !--n) return e;
    }
    t && t.push(e);
  }
}
function Cn(e) {
  e && (e.__c && (e.__c.__g |= 4), e.__k && e.__k.some(Cn));
}
function In(e, t, n) {
  for (var r = 0; r < n.length; ) mt(n[r++], n[r++], n[r++]);
  C.__c && C.__c(t, e), e.some(function(s) {
    try {
      e = s.__h, s.__h = [], e.some(function(i) {
        i.call(s);
      });
    } catch (i) {
      C.__e(i, s.__v);
    }
  });
}
function Er(e, t, n, r, s, i, a, l, c, d) {
  var h, u, p, f, m, v, b, y, g = n.props || De, _ = t.props, w = t.type;
  if (w == "svg" ? s = "http://www.w3.org/2000/svg" : w == "math" ? s = "http://www.w3.org/1998/Math/MathML" : s || (s = "http://www.w3.org/1999/xhtml"), i) {
    for (h = 0; h < i.length; h++) if ((m = i[h]) && (w ? m.localName == w : m.nodeType == 3)) {
      e = m, i[h] = null;
      break;
    }
  }
  if (!e) {
    if (y = d.ownerDocument || document, !w) return y.createTextNode(_);
    e = y.createElementNS(s, w, _.is ? _ : d), l && (C.__m && C.__m(t, i), l = !1), i = null;
  }
  if (w) {
    if (d = w == "template" && e.content || e, i = w == "textarea" && _.defaultValue != null ? null : i && Nn.call(d.childNodes), !l && i) for (g = {}, h = 0; h < e.attributes.length; h++) g[(m = e.attributes[h]).name] = m.value;
    for (h in g) m = g[h], h == "dangerouslySetInnerHTML" ? p = m : h == "children" || h in _ || h == "value" && "defaultValue" in _ || h == "checked" && "defaultChecked" in _ || Me(e, h, null, m, s);
    for (h in _) m = _[h], h == "children" ? f = m : h == "dangerouslySetInnerHTML" ? u = m : h == "value" ? v = m : h == "checked" ? b = m : l && typeof m != "function" || g[h] === m || Me(e, h, m, g[h], s);
    u ? (l || p && (u.__html == p.__html || u.__html == e.innerHTML) || (e.innerHTML = u.__html), t.__k = []) : (p && (e.textContent = ""), (w == "foreignObject" || s == "http://www.w3.org/1998/Math/MathML" && br.test(w)) && (s = "http://www.w3.org/1999/xhtml"), jn(d, gt(f) ? f : [f], t, n, r, s, i, a, i ? i[0] : n.__k && ie(n, 0), l, c), i && i.some(ae)), l && w != "textarea" || (h = "value", w == "progress" && v == null ? e.removeAttribute(h) : v == null || v === e[h] && (w != "progress" || v) || Me(e, h, v, g[h], s), h = "checked", b != null && b != e[h] && Me(e, h, b, g[h], s));
  } else g === _ || l && e.data == _ || (e.data = _);
  return e;
}
function mt(e, t, n, r) {
  try {
    typeof e == "function" ? t ? t.__x = e(t) || 1 : r && (r = r.__c || r.__e) && (t = r.__x) && (r.__x = null, typeof t == "function" ? t() : e(null)) : e.current = t;
  } catch (s) {
    C.__e(s, n);
  }
}
function bt(e, t, n) {
  var r, s, i, a;
  if (C.unmount && C.unmount(e), !(r = e.ref) || r.current && r.current != e.__e || mt(r, null, t, e), r = e.__c) {
    if (r.componentWillUnmount) try {
      r.componentWillUnmount();
    } catch (l) {
      C.__e(l, t);
    }
    r.__P = r.__n = null;
  }
  if (r = e.__k) for (a = 0; a < r.length; a++) r[a] && bt(r[a], t, typeof e.type != "function" || n && !e.props.__P);
  !n && (r = e.__c) && (r = r.__z) && (s = Pe(r, i = [])) && (r == e.__e && i.some(ae), ae(s), ae(r)), n || ae(e.__e), e.__e = e.__c = e.__ = null;
}
function xr(e, t, n) {
  return this.constructor(e, n);
}
function $r(e, t) {
  var n, r, s, i;
  C.__ && C.__(e, t), t.nodeType == 9 && (t = t.documentElement), r = (n = e && 32 & e.__u) ? null : t.__k, t.__k = Le(Y, { children: [e] }), s = [], i = [], _t(t, t.__k, r || De, De, t.namespaceURI, r ? null : t.firstChild ? Nn.call(t.childNodes) : null, s, r ? r.__e : t.firstChild, n, i), In(s, t.__k, i), t.__k.props.children = null;
}
function Or(e) {
  function t(n) {
    var r, s;
    return this.getChildContext || (r = /* @__PURE__ */ new Set(), (s = {})[t.__c] = this, this.getChildContext = function() {
      return s;
    }, this.shouldComponentUpdate = function(i) {
      this.props.value != i.value && r.forEach(function(a) {
        a.__g |= 4, lt(a);
      });
    }, this.sub = function(i) {
      r.add(i);
      var a = i.componentWillUnmount;
      i.componentWillUnmount = function() {
        r.delete(i), a && a.call(i);
      };
    }), n.children;
  }
  return t.__c = "__cC" + On++, t.__ = e, t.Provider = (t.Consumer = function(n, r) {
    return n.children(r);
  }).contextType = t, t;
}
C = { __e: function(e, t, n, r) {
  for (var s, i, a; t = t.__; ) if ((s = t.__c) && !(1 & s.__g)) {
    s.__g |= 4;
    try {
      if ((a = (i = s.constructor) && i.getDerivedStateFromError) && s.setState(i.getDerivedStateFromError(e)), s.componentDidCatch && (s.componentDidCatch(e, r || {}), a = 1), a && 8 & s.__g) return void (s.__g |= 2);
    } catch (l) {
      e = l;
    }
  }
  throw Re = 0, e;
} }, En = 0, Ee.prototype.setState = function(e, t) {
  var n = this.__s;
  n && n != this.state || (n = this.__s = le({}, this.state)), typeof e == "function" && (e = e(le({}, n), this.props)), e && (le(n, e), this.__v && (t && this.__k.push(t), lt(this)));
}, Ee.prototype.forceUpdate = function(e) {
  this.__v && (this.__g |= 4, e && this.__h.push(e), lt(this));
}, Ee.prototype.render = Y, re = [], Re = 0, xn = function(e, t) {
  return e.__v.__b - t.__v.__b;
}, Ie = Symbol(), $n = /(PointerCapture)$|Capture$/i, pt = 0, at = {}, On = 0;
var Nr = Symbol.for("pv"), Sr = 0;
function o(e, t, n, r, s, i) {
  t || (t = {});
  var a, l, c = t;
  if ("ref" in c && typeof e != "function") for (l in c = {}, t) l == "ref" ? a = t[l] : c[l] = t[l];
  var d = { type: e, props: c, key: n, ref: a, __k: null, __: null, __b: 0, __e: null, __c: null, constructor: Nr, __v: --Sr, __i: -1, __u: 0 };
  return C.vnode && C.vnode(d), d;
}
var me, A, ze, St, ct = Object.is, $e = 0, Ln = [], dt = [], W = C, Mt = W.__b, jt = W.__r, Tt = W.diffed, Ct = W.__c, It = W.unmount, Lt = W.__;
function Be(e, t) {
  W.__h && W.__h(A, e, $e || t), $e = 0;
  var n = A.__H || (A.__H = { __: [], __h: [] });
  return e >= n.__.length && n.__.push({}), n.__[e];
}
function D(e) {
  return $e = 1, Mr(Rn, e);
}
function Mr(e, t, n) {
  var r = Be(me++, 2);
  if (r.t = e, !r.__c && (r.__ = [Rn(void 0, t), function(i) {
    var a = (r.__N || r.__)[0], l = r.t(a, i);
    ct(a, l) || (r.__N = [l, r.__[1]], r.__c.setState({}));
  }], r.__c = A, !A.__f)) {
    A.__f = !0;
    var s = A.shouldComponentUpdate;
    A.shouldComponentUpdate = function(i, a, l) {
      var c = this.__H;
      if (!c) return !0;
      var d = !1, h = this.props != i;
      if (c.__.some(function(p) {
        p.__N && (d = !0, ct(p.__[0], p.__N[0]) || (h = !0));
      }), s) {
        var u = s.call(this, i, a, l);
        return d ? u || h : u;
      }
      return !d || h;
    };
  }
  return r.__;
}
function J(e, t) {
  var n = Be(me++, 3);
  !W.__s && Pn(n.__H, t) && (n.__P = !0, n.__ = e, n.u = t, A.__H.__h.push(n));
}
function ce(e) {
  return $e = 5, te(function() {
    return { current: e };
  }, []);
}
function te(e, t) {
  var n = Be(me++, 7);
  return Pn(n.__H, t) && (n.__ = e(), n.__H = t), n.__;
}
function jr(e, t) {
  return $e = 8, te(function() {
    return e;
  }, t);
}
function Tr(e) {
  var t = A.context[e.__c], n = Be(me++, 9);
  return n.c = e, t ? (n.__ == null && (n.__ = !0, t.sub(A)), t.props.value) : e.__;
}
function Cr() {
  var e;
  do {
    for (; e = dt.shift(); ) try {
      xe(e);
    } catch (n) {
      W.__e(n, { __: (e = e.__P) && e.__v });
    }
    for (; e = Ln.shift(); ) {
      var t = e.__H;
      if (e.__P && t) try {
        t.__h.some(xe), t.__h.some(ht), t.__h = [];
      } catch (n) {
        t.__h = [], W.__e(n, e.__v);
      }
    }
  } while (dt.length);
}
W.__b = function(e) {
  A = null, Mt && Mt(e);
}, W.__ = function(e, t) {
  e && t.__k && t.__k.__m && (e.__m = t.__k.__m), Lt && Lt(e, t);
}, W.__r = function(e) {
  jt && jt(e), me = 0;
  var t = (A = e.__c).__H;
  t && (ze == A ? A.__h = [] : (t.__h.some(xe), t.__h.some(ht), me = 0), t.__h = [], t.__.some(function(n) {
    n.__N && (n.__ = n.__N), n.u = n.__N = void 0;
  })), ze = A;
}, W.diffed = function(e) {
  Tt && Tt(e);
  var t = e.__c;
  t && t.__H && (t.__H.__h.length && Rt(Ln.push(t)), t.__H.__.some(function(n) {
    n.u && (n.__H = n.u);
  })), ze = A = null;
}, W.__c = function(e, t) {
  t.some(function(n) {
    try {
      n.__h.some(xe), n.__h = n.__h.filter(function(r) {
        return !r.__ || ht(r);
      });
    } catch (r) {
      n.__h = [function() {
        throw r;
      }];
    }
  }), Ct && Ct(e, t);
}, W.unmount = function(e) {
  It && It(e);
  var t, n, r = e.__c;
  r && r.__H && (r.__H.__.some(function(s) {
    try {
      if (s.__P && s.__c) {
        if (n === void 0) {
          for (n = e.__; n && (!n.__c || !n.__c.__P); ) n = n.__;
          n = n && n.__c;
        }
        s.__P = n, Rt(dt.push(s));
      } else xe(s);
    } catch (i) {
      t = i;
    }
  }), r.__H = void 0, t && W.__e(t, r.__v));
};
var Pt = typeof requestAnimationFrame == "function";
function Ir(e) {
  var t, n = function() {
    clearTimeout(r), Pt && cancelAnimationFrame(t), setTimeout(e);
  }, r = setTimeout(n, 35);
  Pt && (t = requestAnimationFrame(n));
}
function Rt(e) {
  e != 1 && St == W.requestAnimationFrame || ((St = W.requestAnimationFrame) || Ir)(Cr);
}
function xe(e) {
  var t = A, n = e.__c;
  typeof n == "function" && (e.__c = void 0, n()), A = t;
}
function ht(e) {
  var t = A;
  e.__c = e.__(), A = t;
}
function Pn(e, t) {
  return !e || e.length != t.length || t.some(function(n, r) {
    return !ct(n, e[r]);
  });
}
function Rn(e, t) {
  return typeof t == "function" ? t(e) : t;
}
const wt = "pavilion-console-key";
function Dt() {
  return sessionStorage.getItem(wt) ?? "";
}
function Lr(e) {
  sessionStorage.setItem(wt, e);
}
function Pr() {
  sessionStorage.removeItem(wt);
}
const Rr = 3e4;
class se extends Error {
  constructor(t, n) {
    super(t), this.status = n;
  }
  name = "ApiError";
}
class Dn {
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
    const s = { method: t, signal: AbortSignal.timeout(Rr) };
    r !== void 0 && (s.body = JSON.stringify(r), s.headers = { "content-type": "application/json" });
    const i = await this.#n(await this.#t(n, s));
    try {
      return await i.json();
    } catch {
      throw new se("The gateway's answer broke off.", 0);
    }
  }
  async #t(t, n) {
    const r = { accept: "application/json", ...n.headers, authorization: `Bearer ${this.key}` };
    try {
      return await this.fetch(t, { ...n, headers: r, cache: "no-store", credentials: "omit", redirect: "error" });
    } catch (s) {
      const i = s instanceof DOMException && s.name === "TimeoutError";
      throw new se(i ? "The gateway did not answer in time." : "The gateway cannot be reached.", 0);
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
    throw t.status === 401 && this.onRefused(n), new se(n, t.status);
  }
}
function de(e) {
  return e instanceof Error ? e.message : String(e);
}
class Dr {
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
const Ar = 32 * 1024 * 1024;
class Fr {
  #e = "";
  #t = [];
  /** The events that `text` completes. Raises for one that never ends. */
  push(t) {
    const n = (this.#e + t).split(/\r\n|\n|\r(?!$)/);
    if (this.#e = n.pop(), this.#e.length > Ar) throw new Error("An event has no end.");
    const r = [];
    for (const s of n)
      s === "" ? (this.#t.length > 0 && r.push(this.#t.join(`
`)), this.#t = []) : s.startsWith("data:") && this.#t.push(s.slice(s[5] === " " ? 6 : 5));
    return r;
  }
}
class ge {
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
const At = 6e3, Wr = 5e3, Ur = 500, qr = 1e4;
class Ft {
  constructor(t, n, r) {
    this.api = t, this.path = n, this.clock = r, this.standing = new ge({ state: "connecting", since: r.now(), reason: "", workers: !1 });
  }
  value = new ge(null);
  standing;
  #e = null;
  #t = "";
  #n = 0;
  start() {
    this.#e === null && this.#r((this.#e = new AbortController()).signal);
  }
  stop() {
    this.#e?.abort(), this.#e = null;
  }
  async #r(t) {
    const n = new Dr(Ur, qr, () => this.clock.random());
    for (; !t.aborted; ) {
      let r = "The gateway ended the stream.";
      try {
        await this.#o(t, () => n.reset());
      } catch (s) {
        if (r = de(s), s instanceof se && (s.status === 401 || s.status === 403)) {
          this.#s(r);
          return;
        }
      }
      if (t.aborted) return;
      this.#s(r), await this.clock.sleep(n.next(), t).catch(() => {
      });
    }
  }
  async #o(t, n) {
    const r = new AbortController();
    let s;
    const i = () => {
      clearTimeout(s), s = setTimeout(() => r.abort(), At);
    }, a = AbortSignal.any([t, r.signal]);
    i();
    try {
      const l = await this.api.stream(this.path, a), c = new Fr(), d = l.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let h = await d.read(); !h.done; h = await d.read())
        for (const u of c.push(h.value))
          i(), n(), this.#a(JSON.parse(u));
    } catch (l) {
      throw r.signal.aborted ? new Error(`Nothing came for ${At / 1e3} s.`) : l;
    } finally {
      clearTimeout(s);
    }
  }
  #a(t) {
    const n = this.clock.now();
    (t.at === void 0 || t.at !== this.#t) && (this.#n = n), this.#t = t.at ?? "", this.value.set(t), t.stale !== void 0 ? this.#s("The gateway gets no word from the workers.", Date.parse(t.stale), !0) : n - this.#n > Wr ? this.#s("The gateway answers, but its numbers stand still.") : this.standing.set({ state: "live", since: n, reason: "", workers: !1 });
  }
  #s(t, n = this.standing.value.since, r = !1) {
    const s = this.standing.value;
    s.state === "stale" && s.reason === t && s.since === n || this.standing.set({ state: "stale", since: n, reason: t, workers: r });
  }
}
const Br = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (e, t) => new Promise((n, r) => {
    const s = setTimeout(n, e);
    t.addEventListener("abort", () => (clearTimeout(s), r(new Error("stopped"))), { once: !0 });
  })
}, oe = "–", z = " ", Wt = ["", `${z}k`, `${z}M`, `${z}G`, `${z}T`];
function j(e) {
  if (e == null || !Number.isFinite(e)) return oe;
  let t = Math.abs(e), n = 0;
  for (; t >= 999.5 && n < Wt.length - 1; )
    t /= 1e3, n += 1;
  const r = n === 0 && Number.isInteger(e) ? 0 : t < 9.95 ? 1 : 0;
  return `${e < 0 ? "−" : ""}${t.toFixed(r)}${Wt[n]}`;
}
function ne(e) {
  return e == null ? oe : e > 0 && e < 0.05 ? "<0.1/s" : e === 0 ? "0/s" : `${j(e)}/s`;
}
function be(e) {
  if (e == null) return oe;
  const t = ["B", "KiB", "MiB", "GiB", "TiB"];
  let n = e, r = 0;
  for (; n >= 1023.5 && r < t.length - 1; )
    n /= 1024, r += 1;
  return `${n.toFixed(r > 0 && n < 9.95 ? 1 : 0)}${z}${t[r]}`;
}
function q(e) {
  if (e == null) return oe;
  const t = (n) => n < 9.95 ? n.toFixed(1).replace(/\.0$/, "") : n.toFixed(0);
  return e <= 0 ? `0${z}s` : e < 1e-3 ? `${t(e * 1e6)}${z}µs` : e < 0.9995 ? `${t(e * 1e3)}${z}ms` : e < 99.5 ? `${t(e)}${z}s` : e < 5970 ? `${Math.round(e / 60)}${z}min` : e < 172800 ? `${t(e / 3600)}${z}h` : `${Math.round(e / 86400)}${z}d`;
}
function An(e, t) {
  const n = (t - e) / 1e3;
  if (Math.abs(n) < 1.5) return "now";
  const r = Math.round(Math.abs(n));
  return n > 0 ? `${q(r)} ago` : `in ${q(r)}`;
}
function Oe(e) {
  return new Date(e).toISOString().replace("T", " ").replace("Z", " UTC");
}
function Fn(e, t) {
  return t === 0 ? oe : `${(100 * e / t).toFixed(e > 0 && e / t < 0.0995 ? 1 : 0)}${z}%`;
}
function vt(e) {
  const t = [...e].sort((r, s) => r - s), n = [];
  for (let r = 0; r < t.length; ) {
    let s = r;
    for (; t[s + 1] === t[s] + 1; ) s += 1;
    n.push(s === r ? `${t[r]}` : `${t[r]}–${t[s]}`), r = s + 1;
  }
  return n.join(", ") || oe;
}
function F(e, t, n = `${t}s`) {
  return `${e.toLocaleString("en")} ${e === 1 ? t : n}`;
}
function Ut(e) {
  return e === null ? "" : JSON.stringify([e.agents ?? [], e.edges ?? []]);
}
function Hr(e, t = "") {
  const n = new Map((e.agents ?? []).map((u) => [`agent:${u.name}`, u])), r = e.edges ?? [], s = new Set([...n.values()].flatMap((u) => u.retry === null ? [] : [`topic:${u.retry}`])), i = /* @__PURE__ */ new Set([...s, ...r.filter(([, u]) => s.has(u)).map(([u]) => u)]), a = /* @__PURE__ */ new Set();
  for (const [u, p] of n)
    for (const f of p.steps) f.kind === "emit" && a.add(`${u}
${f.name}`);
  const l = new Set(
    r.filter(([u, p]) => n.has(u) && p.startsWith("topic:") && !i.has(p)).filter(([u, p]) => n.get(u).steps.length > 0 && !a.has(`${u}
${p.slice(6)}`)).map(([, u]) => u)
  ), c = r.filter(([u, p]) => !i.has(u) && !i.has(p)), d = Vr(c, n.keys(), t.trim().toLowerCase()), h = (u) => ({
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
function Vr(e, t, n) {
  const r = /* @__PURE__ */ new Set([...t, ...e.flat()]);
  if (n === "") return { nodes: r, edges: e };
  const s = new Set([...r].filter((a) => a.toLowerCase().includes(n))), i = e.filter(([a, l]) => s.has(a) || s.has(l));
  return { nodes: /* @__PURE__ */ new Set([...s, ...i.flat()]), edges: i };
}
class Yr {
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
      const { lag_messages: c, lag_seconds: d } = l, h = a.rates.failed > 0 || a.state === "waiting" ? "bad" : qt(d, c);
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
    if (n.rates.failed > 0) return { rate: n.rates.in, level: "bad", note: "some events fail" };
    const r = n.sources.map((s) => qt(s.lag_seconds, s.lag_messages)).sort().pop() ?? "";
    return { rate: n.rates.in, level: r, note: r ? "behind" : "" };
  }
}
function qt(e, t) {
  return (e ?? 0) >= 30 || (t ?? 0) >= 1e4 ? "warn" : "";
}
function Bt(e) {
  const [t = "", n = ""] = e.replace(/^#\/?/, "").split("?", 2), [r = "", ...s] = t.split("/");
  return { view: r || "topology", id: zr(s.join("/")), query: Object.fromEntries(new URLSearchParams(n)) };
}
function R(e, t = {}, n = "") {
  const r = Object.entries(t).filter((i) => !!i[1]), s = new URLSearchParams(r).toString();
  return `#/${e}${n ? `/${encodeURIComponent(n)}` : ""}${s ? `?${s}` : ""}`;
}
function zr(e) {
  try {
    return decodeURIComponent(e);
  } catch {
    return e;
  }
}
const Ht = 30, Gr = 1e4, Kr = 1e3, Vt = 3, Xr = ["stale", "no-workers", "breaker", "waiting", "failing", "dead-letters", "lag", "retries", "recovery", "backlog", "versions"];
function Jr(e, t) {
  const n = [];
  e.standing.state === "stale" && n.push({
    kind: "stale",
    severity: "bad",
    text: `No live numbers for ${q(Math.max(1, Math.round((t - e.standing.since) / 1e3)))}`,
    detail: e.standing.reason,
    href: R("workers"),
    runbook: e.standing.workers ? "no-worker" : "gateway-down"
  }), e.streams !== null && n.push(...Zr(e.streams, e.dying, t)), e.tables !== null && n.push(...es(e.tables));
  const r = (s) => Xr.indexOf(s.kind);
  return n.sort((s, i) => +(s.severity === "warn") - +(i.severity === "warn") || r(s) - r(i));
}
function Zr(e, t, n) {
  const r = [], s = (l, c, d, h, u, p) => r.push({ kind: l, severity: c, text: d, detail: h, href: u, runbook: p });
  (e.workers ?? []).length === 0 && e.note !== void 0 && s("no-workers", "bad", "No worker runs", e.note, R("workers"), "no-worker");
  const i = new Set((e.workers ?? []).map((l) => l.version));
  i.size > 1 && s("versions", "warn", "Workers run different versions", [...i].sort().join(", "), R("workers"), "versions-mixed");
  for (const l of e.dependencies ?? []) {
    if (l.state === "closed") continue;
    const c = e.streams.filter((u) => u.waiting_for.includes(l.name)).map((u) => u.agent), d = `${l.name} ${l.state === "open" ? "is away" : "is tried again"} since ${An(Date.parse(l.since), n)}`, h = [l.last_error, c.length > 0 ? `${Qr(c)} wait for it` : ""].filter(Boolean).join(" · ");
    s("breaker", "bad", d.replace(/since (.*) ago$/, "for $1"), h, R("dependencies"), "breaker-open");
  }
  const a = new Set((e.dependencies ?? []).filter((l) => l.state !== "closed").map((l) => l.name));
  for (const l of e.streams) {
    const c = R("topology", { agent: l.agent }), d = l.waiting_for.filter((u) => !a.has(u));
    l.state === "waiting" && (d.length > 0 || l.waiting_for.length === 0) && s("waiting", "bad", `${l.agent} waits`, d.join(", ") || "for a dependency", c, "partitions-paused");
    const h = t.get(l.agent) ?? 0;
    if (h > 0) {
      const p = Object.entries(l.dead_letters).sort((m, v) => v[1] - m[1]).slice(0, 3).map(([m, v]) => `${m} ${j(v)}`).join(" · "), f = R("letters", { agent: l.agent, state: "pending" });
      s("dead-letters", "bad", `${l.agent} put aside ${F(h, "event")} in the last minute`, p, f, "dead-letters");
    } else if (l.rates.failed > 0) {
      const u = `${F(l.retried, "event")} tried again, ${j(l.dead_lettered)} put aside so far`;
      s("failing", "warn", `${l.agent} fails ${j(l.rates.failed)} events a second`, u, c, "error-rate");
    }
    for (const u of l.sources) {
      const [p, f] = [u.lag_seconds ?? 0, u.lag_messages ?? 0];
      if (p < Ht && f < Gr) continue;
      const m = [p >= 1 ? q(p) : "", F(f, "event")].filter(Boolean).join(", ");
      s("lag", p >= 10 * Ht ? "bad" : "warn", `${l.agent} is ${m} behind`, u.topic, c, "lag");
    }
  }
  if ((e.retry_depth ?? 0) >= Kr && s("retries", "warn", `${F(e.retry_depth, "event")} wait for another attempt`, "", R("topology"), "retry-depth"), (e.dead_letter_backlog ?? 0) > 0) {
    const l = `${F(e.dead_letter_backlog, "dead letter")} to look at`;
    s("backlog", "warn", l, "look at the reason, then replay", R("letters", { state: "pending" }), "dead-letters-waiting");
  }
  return r;
}
function Qr(e) {
  const t = e.length - Vt;
  return t <= 1 ? e.join(", ") : `${e.slice(0, Vt).join(", ")} and ${t} more`;
}
function es(e) {
  const t = /* @__PURE__ */ new Map();
  for (const n of e.tables)
    n.state === "recovering" && t.set(n.table, (t.get(n.table) ?? 0) + 1);
  return [...t].map(([n, r]) => ({
    kind: "recovery",
    severity: "warn",
    text: `${n} is read back from its log`,
    detail: F(r, "partition"),
    href: R("tables"),
    runbook: "recovery-slow"
  }));
}
const ts = 120, ns = 6e4;
class rs {
  #e = /* @__PURE__ */ new Map();
  add(t, n) {
    const r = /* @__PURE__ */ new Set();
    for (const s of t.streams) {
      r.add(s.agent);
      const i = this.#e.get(s.agent) ?? [], a = s.sources.reduce((l, c) => Math.max(l, c.lag_seconds ?? 0), 0);
      i.push({ at: n, in: s.rates.in, failed: s.rates.failed, lag: a, dead: s.dead_lettered }), i.length > ts && i.shift(), this.#e.set(s.agent, i);
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
      const i = s.filter((l) => t - l.at <= ns);
      let a = 0;
      for (let l = 1; l < i.length; l += 1) a += Math.max(0, i[l].dead - i[l - 1].dead);
      a > 0 && n.set(r, a);
    }
    return n;
  }
}
const ss = 15e3;
class is {
  constructor(t, n, r, s, i) {
    this.caller = n, this.clock = s, this.api = new Dn(t, r), this.api.onRefused = i, this.streams = new Ft(this.api, "/stats/streams", s), this.tables = new Ft(this.api, "/stats/tables", s), this.now = new ge(s.now());
  }
  api;
  streams;
  tables;
  /** Set again only when the declared agents have changed, since every change is a new layout. */
  topology = new ge(null);
  topologyError = new ge("");
  troubles = new ge([]);
  now;
  history = new rs();
  #e = new AbortController();
  #t = "";
  #n = 0;
  #r = 0;
  may(t) {
    return this.caller.may.includes(t);
  }
  start() {
    this.streams.value.subscribe(() => this.#a()), this.streams.standing.subscribe(() => this.#i()), this.tables.value.subscribe(() => this.#i()), this.streams.start(), this.#o();
  }
  stop() {
    this.#e.abort(), this.streams.stop(), this.tables.stop();
  }
  async #o() {
    for (; !this.#e.signal.aborted; )
      this.now.set(this.clock.now()), this.#i(), this.now.value - this.#n >= ss && await Promise.all([this.#s(), this.#l()]), await this.clock.sleep(1e3, this.#e.signal).catch(() => {
      });
  }
  #a() {
    const t = this.streams.value.value;
    this.history.add(t, this.clock.now());
    const n = t.streams.map((r) => r.agent).join(`
`);
    n !== this.#t && (this.#n = 0), this.#t = n, this.#i();
  }
  async #s() {
    this.#n = this.clock.now();
    try {
      const t = await this.api.get("/stats/topology");
      Ut(t) !== Ut(this.topology.value) && this.topology.set(t), this.topologyError.set("");
    } catch (t) {
      this.topologyError.set(t instanceof se ? t.message : String(t));
    }
  }
  /** Hundreds of partitions a second are for whoever looks at them: see {@link watchTables}. */
  async #l() {
    if (this.#r > 0) return;
    const t = await this.api.get("/stats/tables").catch(() => null);
    t !== null && this.#r === 0 && this.tables.value.set(t);
  }
  /** Tables live, until the answer is called. */
  watchTables() {
    return this.#r += 1, this.tables.start(), () => {
      this.#r -= 1, this.#r === 0 && this.tables.stop();
    };
  }
  #i() {
    const t = this.clock.now(), n = Jr(
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
const ut = "pavilion-console-theme";
function Wn() {
  const e = localStorage.getItem(ut);
  return e === "light" || e === "dark" ? e : "";
}
function Un(e) {
  e === "" ? localStorage.removeItem(ut) : localStorage.setItem(ut, e), document.documentElement.dataset.theme = e;
}
const qn = Or(null);
function B() {
  return Tr(qn);
}
function X(e) {
  const [t, n] = D(() => e.value);
  return J(() => (n(() => e.value), e.subscribe(() => n(() => e.value))), [e]), t;
}
function he(e, t) {
  const [n, r] = D(0), [s, i] = D({
    key: e,
    value: null,
    error: "",
    busy: !0
  });
  J(() => {
    let l = !0;
    return i((c) => ({ key: e, value: c.key === e ? c.value : null, error: "", busy: !0 })), t().then(
      (c) => l && i({ key: e, value: c, error: "", busy: !1 }),
      (c) => l && i({ key: e, value: null, error: de(c), busy: !1 })
    ), () => {
      l = !1;
    };
  }, [e, n]);
  const a = s.key === e ? s : { value: null, error: "", busy: !0 };
  return { value: a.value, error: a.error, busy: a.busy, again: () => r((l) => l + 1) };
}
function H({ at: e }) {
  const t = X(B().now);
  if (e === null) return /* @__PURE__ */ o("span", { class: "quiet", children: oe });
  const n = typeof e == "number" ? e : Date.parse(e);
  return /* @__PURE__ */ o("time", { dateTime: new Date(n).toISOString(), title: Oe(n), children: An(n, t) });
}
function U({ tone: e = "", children: t }) {
  return /* @__PURE__ */ o("span", { class: `chip ${e}`, children: t });
}
function K({ title: e, children: t }) {
  return /* @__PURE__ */ o("div", { class: "empty", children: [
    /* @__PURE__ */ o("strong", { children: e }),
    t !== void 0 && /* @__PURE__ */ o("p", { children: t })
  ] });
}
function G({ reason: e, again: t }) {
  return /* @__PURE__ */ o("div", { class: "notice bad", role: "alert", children: [
    /* @__PURE__ */ o("span", { children: e }),
    t !== void 0 && /* @__PURE__ */ o("button", { type: "button", class: "button", onClick: t, children: "Try again" })
  ] });
}
function Z({ rows: e = 4 }) {
  return /* @__PURE__ */ o("div", { class: "bones", role: "status", "aria-label": "Loading", children: Array.from({ length: e }, (t, n) => /* @__PURE__ */ o("i", {}, n)) });
}
function Se({ title: e, note: t, children: n }) {
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
const [Ge, ye] = [240, 44];
function Ke({ samples: e, of: t, name: n }) {
  const r = e.map(t), s = Math.max(...r, 1e-9), i = Ge / Math.max(1, r.length - 1), a = (c) => (ye - 2 - c / s * (ye - 6)).toFixed(1), l = r.map((c, d) => `${(d * i).toFixed(1)},${a(c)}`).join(" ");
  return /* @__PURE__ */ o("svg", { class: "spark", viewBox: `0 0 ${Ge} ${ye}`, preserveAspectRatio: "none", role: "img", "aria-label": n, children: [
    r.length > 1 && /* @__PURE__ */ o("polygon", { points: `0,${ye} ${l} ${Ge},${ye}` }),
    r.length > 1 && /* @__PURE__ */ o("polyline", { points: l })
  ] });
}
function os({ path: e }) {
  return /* @__PURE__ */ o("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true", children: /* @__PURE__ */ o("path", { d: e }) });
}
const as = { closed: "good", "half-open": "warn", open: "bad" }, ls = {
  closed: "works",
  open: "away: calls are held back until the next attempt",
  "half-open": "tried with one call"
};
function cs() {
  const e = X(B().streams.value);
  if (e === null) return /* @__PURE__ */ o(Z, { rows: 4 });
  const t = (i) => +(i === "closed"), n = [...e.dependencies ?? []].sort((i, a) => t(i.state) - t(a.state) || i.name.localeCompare(a.name)), r = e.retry_depth, s = e.dead_letter_backlog;
  return /* @__PURE__ */ o("section", { "aria-label": "Dependencies", children: [
    /* @__PURE__ */ o(Se, { title: "Dependencies", note: "One circuit breaker for each; over several workers, the worst state that one of them sees." }),
    /* @__PURE__ */ o("div", { class: "figures wide", children: [
      /* @__PURE__ */ o(V, { name: "events that wait for another attempt", value: j(r), tone: r ? "warn" : "" }),
      /* @__PURE__ */ o(V, { name: "dead letters to look at", value: j(s), tone: s ? "bad" : "" })
    ] }),
    n.length === 0 ? /* @__PURE__ */ o(K, { title: "No dependency is known yet", children: e.note }) : /* @__PURE__ */ o("div", { class: "card", children: /* @__PURE__ */ o("table", { class: "rows", children: [
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
          /* @__PURE__ */ o(U, { tone: as[i.state] ?? "warn", children: i.state }),
          /* @__PURE__ */ o("small", { children: ls[i.state] })
        ] }),
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(H, { at: i.since }) }),
        /* @__PURE__ */ o("td", { class: "number", children: j(i.failures) }),
        /* @__PURE__ */ o("td", { class: "wrap", children: i.last_error ?? /* @__PURE__ */ o("span", { class: "quiet", children: "none" }) }),
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(H, { at: i.next_attempt }) }),
        /* @__PURE__ */ o("td", { class: "wrap", children: /* @__PURE__ */ o("code", { children: i.state === "closed" ? "" : (i.workers ?? []).join(" ") }) }),
        /* @__PURE__ */ o("td", { class: "wrap", children: e.streams.filter((a) => a.waiting_for.includes(i.name)).map((a) => /* @__PURE__ */ o("a", { class: "listed", href: R("topology", { agent: a.agent }), children: a.agent }, a.agent)) })
      ] }, i.name)) })
    ] }) })
  ] });
}
const Xe = 3;
function ds() {
  const e = B(), t = X(e.troubles), n = X(e.streams.standing), r = X(e.streams.value), [s, i] = D(!1), a = t.some((d) => d.severity === "bad") ? "bad" : t.length > 0 ? "warn" : r === null ? "" : "good", l = { bad: "Needs attention", warn: "Worth a look", good: "All is well", "": "Connecting" }[a], c = s ? t : t.slice(0, Xe);
  return /* @__PURE__ */ o("section", { class: `health ${a}`, "aria-label": "Health", children: [
    /* @__PURE__ */ o("div", { class: "overall", children: [
      /* @__PURE__ */ o("strong", { role: "status", children: l }),
      /* @__PURE__ */ o("span", { class: `live ${n.state}`, title: Oe(n.since), "data-standing": n.state, children: n.state === "live" ? "live" : n.state === "connecting" ? "connecting…" : `stale since ${Oe(n.since).slice(11, 19)} UTC` })
    ] }),
    t.length > 0 && /* @__PURE__ */ o("ol", { children: c.map((d) => /* @__PURE__ */ o("li", { class: d.severity, "data-kind": d.kind, children: [
      d.href.startsWith("#/letters") && !e.may("read-dead-letters") ? /* @__PURE__ */ o("b", { children: d.text }) : /* @__PURE__ */ o("a", { href: d.href, children: d.text }),
      /* @__PURE__ */ o("span", { class: "quiet", children: d.detail }),
      /* @__PURE__ */ o("code", { title: "What to do: this page of the documentation", children: [
        "runbook/",
        d.runbook,
        ".md"
      ] })
    ] }, `${d.kind} ${d.href} ${d.runbook}`)) }),
    t.length > Xe && /* @__PURE__ */ o("button", { type: "button", class: "button plain", "aria-expanded": s, onClick: () => i(!s), children: s ? "Show less" : `And ${F(t.length - Xe, "more", "more")}` })
  ] });
}
const Yt = 16;
function Bn(e) {
  return Uint8Array.from(atob(e), (t) => t.charCodeAt(0));
}
function hs(e) {
  const t = new TextDecoder().decode(e), n = t.includes("�");
  try {
    const r = JSON.parse(t);
    if (typeof r == "object" && r !== null)
      return { text: JSON.stringify(r, null, 2), json: !0, damaged: n };
  } catch {
  }
  return { text: t, json: !1, damaged: n };
}
function us(e, t) {
  const n = [];
  for (let r = 0; r < Math.min(e.length, t); r += Yt) {
    const s = [...e.subarray(r, Math.min(r + Yt, t))];
    n.push({
      offset: r.toString(16).padStart(6, "0"),
      hex: s.map((i) => i.toString(16).padStart(2, "0")).join(" "),
      text: s.map((i) => i >= 32 && i < 127 ? String.fromCharCode(i) : "·").join("")
    });
  }
  return n;
}
const je = 16 * 1024;
function fs({ id: e, found: t, onClose: n, onReplay: r }) {
  const s = B(), i = he(t === null ? e : `${e} is here`, () => t === null ? s.api.letter(e) : Promise.resolve(t)), a = t ?? i.value;
  return /* @__PURE__ */ o("aside", { class: "panel letter", "aria-label": "Dead letter", onKeyDown: (l) => l.key === "Escape" && n(), children: [
    /* @__PURE__ */ o("header", { children: [
      /* @__PURE__ */ o("div", { children: [
        /* @__PURE__ */ o("span", { class: "quiet", children: "dead letter" }),
        /* @__PURE__ */ o("h2", { children: a?.error ?? "…" })
      ] }),
      /* @__PURE__ */ o("button", { type: "button", class: "button plain", "aria-label": "Close", onClick: n, children: "✕" })
    ] }),
    i.error !== "" && /* @__PURE__ */ o(G, { reason: i.error, again: i.again }),
    a === null ? i.error === "" && /* @__PURE__ */ o(Z, {}) : /* @__PURE__ */ o(ps, { letter: a }),
    a !== null && s.may("replay-dead-letters") && /* @__PURE__ */ o("button", { type: "button", class: "button primary", onClick: r, children: a.state === "pending" ? "Replay this letter…" : "Replay this letter again…" })
  ] });
}
function ps({ letter: e }) {
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
      /* @__PURE__ */ o("dd", { children: /* @__PURE__ */ o(H, { at: e.time }) }),
      /* @__PURE__ */ o("dt", { children: "Published" }),
      /* @__PURE__ */ o("dd", { children: /* @__PURE__ */ o(H, { at: e.published_ms || null }) }),
      /* @__PURE__ */ o("dt", { children: "Attempts" }),
      /* @__PURE__ */ o("dd", { children: e.attempts }),
      /* @__PURE__ */ o("dt", { children: "State" }),
      /* @__PURE__ */ o("dd", { children: [
        e.state === "pending" ? /* @__PURE__ */ o(U, { tone: "warn", children: "pending" }) : /* @__PURE__ */ o(U, { tone: "good", children: "replayed" }),
        e.replayed_at !== null && /* @__PURE__ */ o(Y, { children: [
          " ",
          /* @__PURE__ */ o(H, { at: e.replayed_at }),
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
    /* @__PURE__ */ o(gs, { payload: e.payload })
  ] });
}
function gs({ payload: e }) {
  const [t, n] = D("text"), r = Bn(e), { text: s, json: i, damaged: a } = hs(r.subarray(0, je));
  return /* @__PURE__ */ o(Y, { children: [
    /* @__PURE__ */ o("div", { class: "bytes-head", children: [
      /* @__PURE__ */ o("h3", { children: be(r.length) }),
      a && /* @__PURE__ */ o(U, { tone: "warn", children: "not UTF-8" }),
      i && /* @__PURE__ */ o(U, { children: "JSON" }),
      /* @__PURE__ */ o("span", { class: "switch", role: "group", "aria-label": "Show bytes as", children: ["text", "hex"].map((l) => /* @__PURE__ */ o("button", { type: "button", "aria-pressed": t === l, onClick: () => n(l), children: l === "text" ? "Text" : "Hex" }, l)) })
    ] }),
    t === "text" ? /* @__PURE__ */ o("pre", { class: "bytes", children: s }) : /* @__PURE__ */ o("pre", { class: "bytes hex", children: us(r, je).map((l) => /* @__PURE__ */ o("div", { children: [
      /* @__PURE__ */ o("span", { class: "quiet", children: l.offset }),
      `  ${l.hex.padEnd(47)}  `,
      /* @__PURE__ */ o("span", { children: l.text })
    ] }, l.offset)) }),
    r.length > je && /* @__PURE__ */ o("p", { class: "quiet", children: [
      F(r.length - je, "further byte"),
      " are not shown."
    ] })
  ] });
}
function _s({ chosen: e, onClose: t }) {
  const n = B(), r = ce(null), s = he(JSON.stringify(e), () => n.api.replay(e, !0)), [i, a] = D(!1), [l, c] = D(null);
  J(() => r.current.showModal(), []);
  const d = async () => {
    a(!0);
    const u = { replayed: 0, failed: [], error: "" };
    try {
      for (let p = 1; p > 0; ) {
        const f = await n.api.replay(e, !1);
        u.replayed += f.replayed, u.failed.push(...f.failed), c({ ...u, failed: [...u.failed] }), p = f.replayed > 0 ? f.remaining : 0;
      }
    } catch (p) {
      c({ ...u, error: de(p) });
    } finally {
      a(!1);
    }
  };
  return /* @__PURE__ */ o("dialog", { ref: r, class: "card", "aria-labelledby": "replay-title", onCancel: (u) => i && u.preventDefault(), onClose: () => t(l !== null), children: [
    /* @__PURE__ */ o("h2", { id: "replay-title", children: "Replay dead letters" }),
    /* @__PURE__ */ o("p", { class: "quiet", children: "ids" in e ? "One letter, whatever became of it before." : ms(e.filters) }),
    s.busy && /* @__PURE__ */ o(Z, { rows: 2 }),
    s.error !== "" && /* @__PURE__ */ o(G, { reason: s.error, again: s.again }),
    s.value !== null && l === null && /* @__PURE__ */ o("p", { class: "count", role: "status", children: [
      /* @__PURE__ */ o("b", { children: F(s.value.matched, "letter") }),
      " would be published again to where ",
      s.value.matched === 1 ? "it" : "they",
      " failed. Nothing is published yet."
    ] }),
    l !== null && /* @__PURE__ */ o("p", { class: "count", role: "status", children: [
      /* @__PURE__ */ o("b", { children: F(l.replayed, "letter") }),
      " replayed",
      i ? " so far…" : ".",
      " What fails again comes back here with one more try."
    ] }),
    l !== null && l.failed.length > 0 && /* @__PURE__ */ o(G, { reason: `${F(l.failed.length, "letter")} could not be published: ${l.failed[0].reason}` }),
    l !== null && l.error !== "" && /* @__PURE__ */ o(G, { reason: l.error }),
    /* @__PURE__ */ o("div", { class: "tools", children: [
      /* @__PURE__ */ o("button", { type: "button", class: "button", disabled: i, onClick: () => r.current.close(), children: l === null ? "Cancel" : "Close" }),
      l === null && /* @__PURE__ */ o("button", { type: "button", class: "button primary", disabled: i || (s.value?.matched ?? 0) === 0, onClick: () => void d(), children: i ? "Replaying…" : `Replay ${s.value === null ? "" : F(s.value.matched, "letter")}` })
    ] })
  ] });
}
function ms(e) {
  return `All with ${Object.entries(e).map(([n, r]) => `${n} ${r}`).join(", ")}.`;
}
function bs({ round: e }) {
  const [t, n] = D(!1);
  return /* @__PURE__ */ o("details", { class: "card replays", onToggle: (r) => n(r.currentTarget.open), children: [
    /* @__PURE__ */ o("summary", { children: "Who replayed what" }),
    t && /* @__PURE__ */ o(ws, { round: e })
  ] });
}
function ws({ round: e }) {
  const t = B(), { value: n, error: r, again: s } = he(`replays ${e}`, () => t.api.replays(null));
  return r !== "" ? /* @__PURE__ */ o(G, { reason: r, again: s }) : n === null ? /* @__PURE__ */ o(Z, { rows: 3 }) : n.data.length === 0 ? /* @__PURE__ */ o(K, { title: "Nothing was replayed yet" }) : /* @__PURE__ */ o("table", { class: "rows", children: [
    /* @__PURE__ */ o("thead", { children: /* @__PURE__ */ o("tr", { children: [
      /* @__PURE__ */ o("th", { children: "When" }),
      /* @__PURE__ */ o("th", { children: "By" }),
      /* @__PURE__ */ o("th", { children: "Letter" }),
      /* @__PURE__ */ o("th", { class: "number", children: "After tries" }),
      /* @__PURE__ */ o("th", { children: "Result" })
    ] }) }),
    /* @__PURE__ */ o("tbody", { children: n.data.map((i) => /* @__PURE__ */ o("tr", { children: [
      /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(H, { at: i.time }) }),
      /* @__PURE__ */ o("td", { children: i.by }),
      /* @__PURE__ */ o("td", { class: "wrap", children: /* @__PURE__ */ o("code", { children: i.id }) }),
      /* @__PURE__ */ o("td", { class: "number", children: i.attempts }),
      /* @__PURE__ */ o("td", { children: i.result })
    ] }, `${i.time} ${i.id}`)) })
  ] });
}
const zt = 50, Hn = { "15 min": 15, "1 h": 60, "24 h": 1440, "7 d": 10080 }, vs = ["text", "agent", "topic", "error", "type", "state", "period", "from", "to"];
function ys(e, t) {
  const n = {};
  for (const i of ["text", "agent", "topic", "error", "type"]) e[i] && (n[i] = e[i]);
  (e.state === "pending" || e.state === "replayed") && (n.state = e.state);
  const r = Hn[e.period ?? ""], s = r === void 0 ? e.from : new Date(t - r * 6e4).toISOString();
  return s && (n.since = Gt(s)), e.to && (n.until = Gt(e.to)), n;
}
function Gt(e) {
  return /Z$|[+-]\d\d:\d\d$/.test(e) ? e : `${e.length === 16 ? `${e}:00` : e}Z`;
}
function ks({ route: e }) {
  const t = B(), n = Object.fromEntries(vs.map((_) => [_, e.query[_] ?? ""])), r = JSON.stringify(n), [s, i] = D(() => Date.now()), a = ys(n, s), l = he(`${r} ${s}`, () => t.api.letters(a, null, zt)), [c, d] = D(null), [h, u] = D(null), p = () => i(Date.now()), f = l.value === null ? [] : [l.value, ...c?.of === l.value ? c.pages : []], m = f.flatMap((_) => _.data), v = f.at(-1)?.page.next ?? null, b = e.query.letter ?? "", y = (_) => R("letters", { ...n, letter: _ }), g = async () => {
    const _ = l.value, w = c?.of === _ ? c.pages : [];
    d({ of: _, pages: w, busy: !0, error: "" });
    try {
      const k = await t.api.letters(a, v, zt);
      d({ of: _, pages: [...w, k], busy: !1, error: "" });
    } catch (k) {
      d({ of: _, pages: w, busy: !1, error: de(k) });
    }
  };
  return /* @__PURE__ */ o("section", { class: "letters", "aria-label": "Dead letters", children: [
    /* @__PURE__ */ o(Se, { title: "Dead letters", note: "What could not be processed, oldest first. Replay it once its cause is gone: nobody is told twice.", children: [
      /* @__PURE__ */ o("button", { type: "button", class: "button", onClick: p, children: "Look again" }),
      t.may("replay-dead-letters") && /* @__PURE__ */ o("button", { type: "button", class: "button primary", onClick: () => u({ filters: { ...a, state: "pending" } }), children: "Replay all that match…" })
    ] }),
    /* @__PURE__ */ o(xs, { query: n }, r),
    /* @__PURE__ */ o("div", { class: "split", children: [
      /* @__PURE__ */ o("div", { class: "main", children: [
        l.error !== "" && /* @__PURE__ */ o(G, { reason: l.error, again: p }),
        l.busy && l.value === null && /* @__PURE__ */ o(Z, { rows: 8 }),
        l.value !== null && m.length === 0 && /* @__PURE__ */ o(Es, { filtered: Object.keys(a).length > 0 }),
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
            /* @__PURE__ */ o("tbody", { children: m.map((_) => /* @__PURE__ */ o("tr", { class: _.id === b ? "chosen" : "", "data-letter": _.id, children: [
              /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o("a", { href: y(_.id === b ? "" : _.id), children: /* @__PURE__ */ o(H, { at: _.time }) }) }),
              /* @__PURE__ */ o("td", { children: _.agent }),
              /* @__PURE__ */ o("td", { title: _.message, children: [
                /* @__PURE__ */ o("b", { children: _.error }),
                " ",
                /* @__PURE__ */ o("span", { class: "quiet", children: _.message })
              ] }),
              /* @__PURE__ */ o("td", { title: `${_.topic}, partition ${_.partition}, offset ${_.offset}`, children: [
                _.topic,
                " ",
                /* @__PURE__ */ o("span", { class: "quiet", children: [
                  "/",
                  _.partition
                ] })
              ] }),
              /* @__PURE__ */ o("td", { class: "number", children: be(Bn(_.payload).length) }),
              /* @__PURE__ */ o("td", { class: "number", children: _.attempts }),
              /* @__PURE__ */ o("td", { children: _.state === "pending" ? /* @__PURE__ */ o(U, { tone: "warn", children: "pending" }) : /* @__PURE__ */ o(U, { tone: "good", children: "replayed" }) })
            ] }, _.id)) })
          ] }),
          c?.error && /* @__PURE__ */ o(G, { reason: c.error }),
          v !== null && /* @__PURE__ */ o("button", { type: "button", class: "button more", disabled: c?.busy, onClick: () => void g(), children: "Show more" })
        ] }),
        /* @__PURE__ */ o(bs, { round: s })
      ] }),
      b !== "" && /* @__PURE__ */ o(
        fs,
        {
          id: b,
          found: m.find((_) => _.id === b) ?? null,
          onClose: () => location.replace(y("")),
          onReplay: () => u({ ids: [b] })
        },
        `${b} ${s}`
      )
    ] }),
    h !== null && /* @__PURE__ */ o(
      _s,
      {
        chosen: h,
        onClose: (_) => {
          u(null), _ && p();
        }
      }
    )
  ] });
}
function Es({ filtered: e }) {
  return e ? /* @__PURE__ */ o(K, { title: "No letter is like that", children: "Take a filter away, or look further back." }) : /* @__PURE__ */ o(K, { title: "No dead letters", children: "Everything that came was processed, or is being tried again." });
}
function xs({ query: e }) {
  const t = (i) => {
    i.preventDefault();
    const a = Object.fromEntries(new FormData(i.currentTarget));
    location.hash = R("letters", a);
  }, n = e.period || (e.from || e.to ? "between" : ""), r = (i) => i.currentTarget.form.requestSubmit(), s = (i, a, l, c = "") => /* @__PURE__ */ o("label", { class: c, children: [
    /* @__PURE__ */ o("span", { children: a }),
    /* @__PURE__ */ o("input", { name: i, value: e[i], placeholder: l, autocomplete: "off", spellcheck: !1 })
  ] });
  return /* @__PURE__ */ o("form", { class: "filters", role: "search", onSubmit: t, children: [
    s("text", "Text", "in the bytes, reason, key or id", "wide"),
    s("agent", "Agent", "any"),
    s("topic", "Topic", "any"),
    s("error", "Reason", "InvalidEventType"),
    s("type", "Type", "video.liked"),
    /* @__PURE__ */ o("label", { children: [
      /* @__PURE__ */ o("span", { children: "State" }),
      /* @__PURE__ */ o("select", { name: "state", value: e.state, onChange: r, children: [
        /* @__PURE__ */ o("option", { value: "", children: "any" }),
        /* @__PURE__ */ o("option", { value: "pending", children: "pending" }),
        /* @__PURE__ */ o("option", { value: "replayed", children: "replayed" })
      ] })
    ] }),
    /* @__PURE__ */ o("label", { children: [
      /* @__PURE__ */ o("span", { children: "Period" }),
      /* @__PURE__ */ o("select", { name: "period", value: n, onChange: r, children: [
        /* @__PURE__ */ o("option", { value: "", children: "all that is kept" }),
        Object.keys(Hn).map((i) => /* @__PURE__ */ o("option", { value: i, children: [
          "last ",
          i
        ] }, i)),
        /* @__PURE__ */ o("option", { value: "between", children: "between…" })
      ] })
    ] }),
    n === "between" && /* @__PURE__ */ o(Y, { children: [
      /* @__PURE__ */ o("label", { class: "date", children: [
        /* @__PURE__ */ o("span", { children: "From (UTC)" }),
        /* @__PURE__ */ o("input", { name: "from", type: "datetime-local", value: e.from })
      ] }),
      /* @__PURE__ */ o("label", { class: "date", children: [
        /* @__PURE__ */ o("span", { children: "To (UTC)" }),
        /* @__PURE__ */ o("input", { name: "to", type: "datetime-local", value: e.to })
      ] })
    ] }),
    /* @__PURE__ */ o("button", { class: "button", children: "Search" }),
    /* @__PURE__ */ o("a", { class: "button plain", href: R("letters"), children: "Clear" })
  ] });
}
const Je = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, $s = ["", "unseen", "unread", "read", "archived"];
function Os({ route: e }) {
  const t = e.id.toLowerCase(), [n, r] = D("");
  return /* @__PURE__ */ o("section", { "aria-label": "People", children: [
    /* @__PURE__ */ o(Se, { title: "People", note: "What a user sees, and where the user's devices stand. Each look is written to the audit, with your key's role and whose inbox it was." }),
    /* @__PURE__ */ o("form", { class: "filters", role: "search", onSubmit: (i) => {
      i.preventDefault();
      const a = String(new FormData(i.currentTarget).get("user")).trim();
      r(Je.test(a) ? "" : "A user's id is a UUID."), Je.test(a) && (location.hash = R("people", {}, a.toLowerCase()));
    }, children: [
      /* @__PURE__ */ o("label", { class: "wide", children: [
        /* @__PURE__ */ o("span", { children: "User id" }),
        /* @__PURE__ */ o("input", { name: "user", value: t, placeholder: "0d3a0000-0000-4000-8000-000000000001", autocomplete: "off", spellcheck: !1, required: !0, "aria-describedby": "user-wrong" })
      ] }),
      /* @__PURE__ */ o("button", { class: "button primary", children: "Look" }),
      /* @__PURE__ */ o("span", { id: "user-wrong", class: "bad", role: "alert", children: n })
    ] }, t),
    t === "" ? /* @__PURE__ */ o(K, { title: "Whose inbox?", children: "Enter the id that the user's report came with." }) : Je.test(t) ? /* @__PURE__ */ o(Ns, { user: t }, t) : /* @__PURE__ */ o(G, { reason: "A user's id is a UUID." })
  ] });
}
function Ns({ user: e }) {
  const t = B(), n = he(`inbox ${e}`, () => t.api.inbox(e));
  return n.error !== "" ? /* @__PURE__ */ o(G, { reason: n.error, again: n.again }) : n.value === null ? /* @__PURE__ */ o(Z, { rows: 6 }) : /* @__PURE__ */ o(Y, { children: [
    /* @__PURE__ */ o(Ss, { inbox: n.value }),
    /* @__PURE__ */ o("div", { class: "columns", children: [
      /* @__PURE__ */ o(js, { inbox: n.value }),
      /* @__PURE__ */ o(Ts, { user: e })
    ] }),
    /* @__PURE__ */ o(Cs, { user: e })
  ] });
}
function Ss({ inbox: e }) {
  const t = (n) => n === null ? "is connecting" : n.epoch !== e.position.epoch ? "has lost its position, and loads again" : Ms(e.position.offset - n.offset);
  return /* @__PURE__ */ o("div", { class: "card detail", children: [
    /* @__PURE__ */ o("h2", { children: e.name ?? "A user without a name" }),
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
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(H, { at: n.since }) }),
        /* @__PURE__ */ o("td", { class: "number", children: n.position?.offset ?? "–" }),
        /* @__PURE__ */ o("td", { children: t(n.position) }),
        /* @__PURE__ */ o("td", { class: "number", children: n.queued })
      ] }, `${n.session_id} ${n.since} ${r}`)) })
    ] })
  ] });
}
function Ms(e) {
  return e <= 0 ? "was told everything" : `${e} behind`;
}
function js({ inbox: e }) {
  const { types: t, quiet_hours: n } = e.preferences, r = Object.keys(t).filter((s) => !t[s]);
  return /* @__PURE__ */ o("div", { class: "card detail", children: [
    /* @__PURE__ */ o("h3", { children: "Preferences" }),
    /* @__PURE__ */ o("dl", { class: "pairs", children: [
      /* @__PURE__ */ o("dt", { children: "Quiet hours" }),
      /* @__PURE__ */ o("dd", { children: n === null ? "none" : `${n.start} to ${n.end}, ${n.time_zone}` }),
      /* @__PURE__ */ o("dt", { children: "Turned off" }),
      /* @__PURE__ */ o("dd", { children: r.length === 0 ? "nothing" : r.map((s) => /* @__PURE__ */ o(U, { children: s }, s)) }),
      /* @__PURE__ */ o("dt", { children: "Wanted" }),
      /* @__PURE__ */ o("dd", { children: [
        Object.keys(t).length - r.length,
        " types"
      ] })
    ] })
  ] });
}
function Ts({ user: e }) {
  const t = B(), { value: n, error: r, again: s } = he(`sessions ${e}`, () => t.api.sessions(e));
  return /* @__PURE__ */ o("div", { class: "card detail", children: [
    /* @__PURE__ */ o("h3", { children: "Sessions" }),
    r !== "" && /* @__PURE__ */ o(G, { reason: r, again: s }),
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
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(H, { at: i.opened_at }) }),
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(H, { at: i.refreshed_at }) }),
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(H, { at: i.expires_at }) })
      ] }, i.session_id)) })
    ] })
  ] });
}
function Cs({ user: e }) {
  const t = B(), [n, r] = D(""), s = he(`notifications ${e} ${n}`, () => t.api.notifications(e, n, null)), [i, a] = D(null), l = s.value === null ? [] : [s.value, ...i?.of === s.value ? i.pages : []], c = l.flatMap((u) => u.data), d = l.at(-1)?.page.next ?? null, h = async () => {
    const [u, p] = [s.value, i?.of === s.value ? i.pages : []];
    try {
      a({ of: u, pages: [...p, await t.api.notifications(e, n, d)], error: "" });
    } catch (f) {
      a({ of: u, pages: p, error: de(f) });
    }
  };
  return /* @__PURE__ */ o("div", { class: "card detail", children: [
    /* @__PURE__ */ o("div", { class: "bytes-head", children: [
      /* @__PURE__ */ o("h3", { children: "Inbox" }),
      /* @__PURE__ */ o("span", { class: "switch", role: "group", "aria-label": "Show", children: $s.map((u) => /* @__PURE__ */ o("button", { type: "button", "aria-pressed": n === u, onClick: () => r(u), children: u || "all" }, u)) })
    ] }),
    s.error !== "" && /* @__PURE__ */ o(G, { reason: s.error, again: s.again }),
    s.busy && s.value === null && /* @__PURE__ */ o(Z, {}),
    s.value !== null && c.length === 0 && /* @__PURE__ */ o(K, { title: "Nothing is here" }),
    c.length > 0 && /* @__PURE__ */ o("table", { class: "rows fixed", children: [
      /* @__PURE__ */ o("thead", { children: /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("th", { class: "when", children: "Created" }),
        /* @__PURE__ */ o("th", { class: "type", children: "Type" }),
        /* @__PURE__ */ o("th", { children: "What the user reads" }),
        /* @__PURE__ */ o("th", { class: "state", children: "State" }),
        /* @__PURE__ */ o("th", { class: "meta", title: "Their values are for the user's apps, and are not shown", children: "Metadata" })
      ] }) }),
      /* @__PURE__ */ o("tbody", { children: c.map((u) => /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(H, { at: u.created_at }) }),
        /* @__PURE__ */ o("td", { children: u.type }),
        /* @__PURE__ */ o("td", { title: `${u.id}, of ${u.actor?.name ?? u.actor?.id ?? "nobody"}, about ${u.subject || "nothing"}`, children: u.content }),
        /* @__PURE__ */ o("td", { children: Is(u).map((p) => /* @__PURE__ */ o(U, { children: p }, p)) }),
        /* @__PURE__ */ o("td", { title: u.metadata_fields.join(", "), children: u.metadata_fields.join(", ") || /* @__PURE__ */ o("span", { class: "quiet", children: "none" }) })
      ] }, u.id)) })
    ] }),
    i?.error && /* @__PURE__ */ o(G, { reason: i.error }),
    d !== null && /* @__PURE__ */ o("button", { type: "button", class: "button more", onClick: () => void h(), children: "Show more" })
  ] });
}
function Is(e) {
  return [e.archived_at !== null && "archived", e.read_at !== null ? "read" : e.seen_at !== null ? "seen" : "unseen"].filter((n) => n !== !1);
}
async function Vn(e) {
  if (!/^[\x21-\x7e]+$/.test(e)) throw new se("A key or token has no spaces and no special letters.", 0);
  const t = /* @__PURE__ */ new Map([
    [401, "That key or token is not valid."],
    [403, "That is valid, but the console is for operators, support and admins."]
  ]);
  return new Dn(e, (...n) => fetch(...n)).caller().catch((n) => {
    const r = n instanceof se ? n.status : 0;
    throw t.has(r) ? new se(t.get(r), r) : n;
  });
}
function Ls({ reason: e, onSignedIn: t }) {
  const [n, r] = D(e), [s, i] = D(!1), a = ce(null);
  J(() => a.current?.focus(), []);
  const l = async (c) => {
    c.preventDefault();
    const d = a.current.value.trim();
    i(!0), r("");
    try {
      t(d, await Vn(d));
    } catch (h) {
      r(de(h)), a.current?.select();
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
function Ps(e) {
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
function Rs(e) {
  const t = /* @__PURE__ */ new Map();
  for (const n of e.filter((r) => r.state !== "standby").flatMap((r) => r.buckets)) {
    const r = t.get(n.from);
    t.set(n.from, r === void 0 ? n : { ...r, keys: r.keys + n.keys });
  }
  return [...t.values()].sort((n, r) => n.from.localeCompare(r.from));
}
function Ds({ route: e }) {
  const t = B();
  J(() => t.watchTables(), []);
  const n = X(t.tables.value), r = te(() => Ps(n?.tables ?? []), [n]), s = r.find((i) => i.name === e.query.table);
  return n === null ? /* @__PURE__ */ o(Z, { rows: 6 }) : /* @__PURE__ */ o("section", { "aria-label": "Tables", children: [
    /* @__PURE__ */ o(Se, { title: "Window tables", note: "What agents remember, for as long as its window; standby copies are not counted." }),
    r.length === 0 ? /* @__PURE__ */ o(K, { title: "No tables", children: n.note ?? "No worker has a partition of one." }) : /* @__PURE__ */ o("div", { class: "card", children: /* @__PURE__ */ o("table", { class: "rows", children: [
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
      /* @__PURE__ */ o("tbody", { children: r.map((i) => /* @__PURE__ */ o("tr", { class: i === s ? "chosen" : "", children: [
        /* @__PURE__ */ o("th", { scope: "row", children: [
          /* @__PURE__ */ o("a", { href: R("tables", { table: i === s ? "" : i.name }), "aria-expanded": i === s, children: i.name }),
          /* @__PURE__ */ o("small", { children: i.parts[0].agent })
        ] }),
        /* @__PURE__ */ o("td", { children: i.recovering.length === 0 ? /* @__PURE__ */ o(U, { tone: "good", children: "running" }) : /* @__PURE__ */ o(U, { tone: "warn", children: [
          "recovers ",
          vt(i.recovering)
        ] }) }),
        /* @__PURE__ */ o("td", { class: "number", children: q(i.parts[0].window_seconds) }),
        /* @__PURE__ */ o("td", { class: "number", title: String(i.keys), children: j(i.keys) }),
        /* @__PURE__ */ o("td", { class: "number", children: be(i.bytes) }),
        /* @__PURE__ */ o("td", { class: "number", title: `${i.hits} hits, ${i.misses} misses`, children: Fn(i.hits, i.hits + i.misses) }),
        /* @__PURE__ */ o("td", { class: "number", children: j(i.late) }),
        /* @__PURE__ */ o("td", { class: "number", title: F(i.logRecords, "record"), children: be(i.logBytes) }),
        /* @__PURE__ */ o("td", { class: "number", children: q(i.recovery) })
      ] }, i.name)) })
    ] }) }),
    s !== void 0 && /* @__PURE__ */ o(As, { table: s })
  ] });
}
function As({ table: e }) {
  const t = Rs(e.parts), n = Math.max(1, ...t.map((s) => s.keys)), r = [...e.parts].sort((s, i) => s.partition - i.partition || s.state.localeCompare(i.state));
  return /* @__PURE__ */ o("div", { class: "card detail", "aria-label": `Table ${e.name}`, children: [
    /* @__PURE__ */ o("h2", { children: e.name }),
    /* @__PURE__ */ o("h3", { children: "Windows" }),
    t.length === 0 ? /* @__PURE__ */ o("p", { class: "quiet", children: "No bucket holds a key." }) : /* @__PURE__ */ o("ol", { class: "buckets", children: t.map((s) => /* @__PURE__ */ o("li", { title: `${Oe(Date.parse(s.from))} to ${Oe(Date.parse(s.to))}`, children: [
      /* @__PURE__ */ o("span", { class: "quiet", children: s.from.slice(11, 19) }),
      /* @__PURE__ */ o("meter", { min: 0, max: n, value: s.keys, "aria-label": `${s.keys} keys` }),
      /* @__PURE__ */ o("b", { children: j(s.keys) })
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
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(U, { tone: s.state === "running" ? "good" : s.state === "recovering" ? "warn" : "", children: s.state }) }),
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o("code", { children: s.worker ?? "" }) }),
        /* @__PURE__ */ o("td", { class: "number", children: j(s.keys) }),
        /* @__PURE__ */ o("td", { class: "number", children: be(s.bytes) }),
        /* @__PURE__ */ o("td", { children: /* @__PURE__ */ o(H, { at: s.stream_time }) }),
        /* @__PURE__ */ o("td", { class: "number", children: q(s.recovery?.seconds) })
      ] }, `${s.partition} ${s.worker ?? ""} ${s.state}`)) })
    ] })
  ] });
}
var Yn = Object.defineProperty, Fs = (e, t, n) => t in e ? Yn(e, t, { enumerable: !0, configurable: !0, writable: !0, value: n }) : e[t] = n, Ws = (e, t) => {
  for (var n in t) Yn(e, n, { get: t[n], enumerable: !0 });
}, Us = (e, t, n) => Fs(e, t + "", n), qs = {};
Ws(qs, { Graph: () => Q, alg: () => kt });
var Bs = Object.defineProperty, zn = (e, t) => {
  for (var n in t) Bs(e, n, { get: t[n], enumerable: !0 });
}, yt = class {
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
    let d = ke(this._isDirected, s, i, a);
    if (d in this._edgeLabels) return c && (this._edgeLabels[d] = l), this;
    if (a !== void 0 && !this._isMultigraph) throw new Error("Cannot set a named edge when isMultigraph = false");
    this.setNode(s), this.setNode(i), this._edgeLabels[d] = c ? l : this._defaultEdgeLabelFn(s, i, a);
    let h = Hs(this._isDirected, s, i, a);
    return s = h.v, i = h.w, Object.freeze(h), this._edgeObjs[d] = h, Kt(this._preds[i], s), Kt(this._sucs[s], i), this._in[i][d] = h, this._out[s][d] = h, this._edgeCount++, this;
  }
  edge(e, t, n) {
    let r = arguments.length === 1 ? Ze(this._isDirected, e) : ke(this._isDirected, e, t, n);
    return this._edgeLabels[r];
  }
  edgeAsObj(e, t, n) {
    let r = arguments.length === 1 ? this.edge(e) : this.edge(e, t, n);
    return typeof r != "object" || r === null ? { label: r } : r;
  }
  hasEdge(e, t, n) {
    return (arguments.length === 1 ? Ze(this._isDirected, e) : ke(this._isDirected, e, t, n)) in this._edgeLabels;
  }
  removeEdge(e, t, n) {
    let r = arguments.length === 1 ? Ze(this._isDirected, e) : ke(this._isDirected, e, t, n), s = this._edgeObjs[r];
    if (s) {
      let i = s.v, a = s.w;
      delete this._edgeLabels[r], delete this._edgeObjs[r], Xt(this._preds[a], i), Xt(this._sucs[i], a), delete this._in[a][r], delete this._out[i][r], this._edgeCount--;
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
function Kt(e, t) {
  e[t] ? e[t]++ : e[t] = 1;
}
function Xt(e, t) {
  e[t] !== void 0 && !--e[t] && delete e[t];
}
function ke(e, t, n, r) {
  let s = "" + t, i = "" + n;
  if (!e && s > i) {
    let a = s;
    s = i, i = a;
  }
  return s + "" + i + "" + (r === void 0 ? "\0" : r);
}
function Hs(e, t, n, r) {
  let s = "" + t, i = "" + n;
  if (!e && s > i) {
    let l = s;
    s = i, i = l;
  }
  let a = { v: s, w: i };
  return r && (a.name = r), a;
}
function Ze(e, t) {
  return ke(e, t.v, t.w, t.name);
}
var Vs = {};
zn(Vs, { read: () => Ks, write: () => Ys });
function Ys(e) {
  let t = { options: { directed: e.isDirected(), multigraph: e.isMultigraph(), compound: e.isCompound() }, nodes: zs(e), edges: Gs(e) }, n = e.graph();
  return n !== void 0 && (t.value = structuredClone(n)), t;
}
function zs(e) {
  return e.nodes().map((t) => {
    let n = e.node(t), r = e.parent(t), s = { v: t };
    return n !== void 0 && (s.value = n), r !== void 0 && (s.parent = r), s;
  });
}
function Gs(e) {
  return e.edges().map((t) => {
    let n = e.edge(t), r = { v: t.v, w: t.w };
    return t.name !== void 0 && (r.name = t.name), n !== void 0 && (r.value = n), r;
  });
}
function Ks(e) {
  let t = new yt(e.options);
  return e.value !== void 0 && t.setGraph(e.value), e.nodes.forEach((n) => {
    t.setNode(n.v, n.value), n.parent && t.setParent(n.v, n.parent);
  }), e.edges.forEach((n) => {
    t.setEdge({ v: n.v, w: n.w, name: n.name }, n.value);
  }), t;
}
var kt = {};
zn(kt, { CycleException: () => We, bellmanFord: () => Gn, components: () => Zs, dijkstra: () => Fe, dijkstraAll: () => ti, findCycles: () => ni, floydWarshall: () => si, isAcyclic: () => oi, postorder: () => li, preorder: () => ci, prim: () => di, shortestPaths: () => hi, tarjan: () => Xn, topsort: () => Jn });
var Xs = () => 1;
function Gn(e, t, n, r) {
  return Js(e, String(t), n || Xs, r || function(s) {
    var i;
    return (i = e.outEdges(s)) != null ? i : [];
  });
}
function Js(e, t, n, r) {
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
function Zs(e) {
  let t = {}, n = [], r;
  function s(i) {
    var a, l;
    i in t || (t[i] = !0, r.push(i), (a = e.successors(i)) == null || a.forEach(s), (l = e.predecessors(i)) == null || l.forEach(s));
  }
  return e.nodes().forEach(function(i) {
    r = [], s(i), r.length && n.push(r);
  }), n;
}
var Kn = class {
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
}, Qs = () => 1;
function Fe(e, t, n, r) {
  let s = function(i) {
    var a;
    return (a = e.outEdges(i)) != null ? a : [];
  };
  return ei(e, String(t), n || Qs, r || s);
}
function ei(e, t, n, r) {
  let s = {}, i = new Kn(), a, l, c = function(d) {
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
function ti(e, t, n) {
  return e.nodes().reduce(function(r, s) {
    return r[s] = Fe(e, s, t, n), r;
  }, {});
}
function Xn(e) {
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
function ni(e) {
  return Xn(e).filter(function(t) {
    var n;
    let r = t[0];
    return r ? t.length > 1 || t.length === 1 && ((n = e.outEdges(r, r)) != null ? n : []).length > 0 : !1;
  });
}
var ri = () => 1;
function si(e, t, n) {
  return ii(e, t || ri, n || function(r) {
    var s;
    return (s = e.outEdges(r)) != null ? s : [];
  });
}
function ii(e, t, n) {
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
var We = class extends Error {
  constructor(e) {
    super(e), this.name = "CycleException";
  }
};
function Jn(e) {
  let t = {}, n = {}, r = [];
  function s(i) {
    var a;
    if (i in n) throw new We();
    i in t || (n[i] = !0, t[i] = !0, (a = e.predecessors(i)) == null || a.forEach(s), delete n[i], r.push(i));
  }
  if (e.sinks().forEach(s), Object.keys(t).length !== e.nodeCount()) throw new We();
  return r;
}
function oi(e) {
  try {
    Jn(e);
  } catch (t) {
    if (t instanceof We) return !1;
    throw t;
  }
  return !0;
}
function ai(e, t, n, r, s) {
  Array.isArray(t) || (t = [t]);
  let i = ((l) => {
    var c;
    return (c = e.isDirected() ? e.successors(l) : e.neighbors(l)) != null ? c : [];
  }), a = {};
  return t.forEach(function(l) {
    if (!e.hasNode(l)) throw new Error("Graph does not have node: " + l);
    s = Zn(e, l, n === "post", a, i, r, s);
  }), s;
}
function Zn(e, t, n, r, s, i, a) {
  return t in r || (r[t] = !0, n || (a = i(a, t)), s(t).forEach(function(l) {
    a = Zn(e, l, n, r, s, i, a);
  }), n && (a = i(a, t))), a;
}
function Qn(e, t, n) {
  return ai(e, t, n, function(r, s) {
    return r.push(s), r;
  }, []);
}
function li(e, t) {
  return Qn(e, t, "post");
}
function ci(e, t) {
  return Qn(e, t, "pre");
}
function di(e, t) {
  var n;
  let r = new yt(), s = {}, i = new Kn(), a;
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
function hi(e, t, n, r) {
  return ui(e, t, n, r ?? ((s) => {
    var i;
    return (i = e.outEdges(s)) != null ? i : [];
  }));
}
function ui(e, t, n, r) {
  if (n === void 0) return Fe(e, t, n, r);
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
    if (s) return Gn(e, t, n, r);
  }
  return Fe(e, t, n, r);
}
var Q = yt;
function ve(e, t, n, r) {
  let s = r;
  for (; e.hasNode(s); ) s = Et(r);
  return n.dummy = t, e.setNode(s, n), s;
}
function fi(e) {
  let t = new Q().setGraph(e.graph());
  return e.nodes().forEach((n) => t.setNode(n, e.node(n))), e.edges().forEach((n) => {
    let r = t.edge(n.v, n.w) || { weight: 0, minlen: 1 }, s = e.edge(n);
    t.setEdge(n.v, n.w, { weight: r.weight + s.weight, minlen: Math.max(r.minlen, s.minlen) });
  }), t;
}
function er(e) {
  let t = new Q({ multigraph: e.isMultigraph() }).setGraph(e.graph());
  return e.nodes().forEach((n) => {
    e.children(n).length || t.setNode(n, e.node(n));
  }), e.edges().forEach((n) => {
    t.setEdge(n, e.edge(n));
  }), t;
}
function Jt(e, t) {
  let n = e.x, r = e.y, s = t.x - n, i = t.y - r, a = e.width / 2, l = e.height / 2;
  if (!s && !i) throw new Error("Not possible to find intersection inside of the rectangle");
  let c, d;
  return s === 0 || Math.abs(i) * a > Math.abs(s) * l ? (i < 0 && (l = -l), c = l * s / i, d = l) : (s < 0 && (a = -a), c = a, d = a * i / s), { x: n + c, y: r + d };
}
function He(e) {
  let t = Ne(nr(e) + 1).map(() => []);
  return e.nodes().forEach((n) => {
    let r = e.node(n), s = r.rank;
    s !== void 0 && (t[s] || (t[s] = []), t[s][r.order] = n);
  }), t;
}
function pi(e) {
  let t = e.nodes().map((r) => {
    let s = e.node(r).rank;
    return s === void 0 ? Number.MAX_VALUE : s;
  }), n = ee(Math.min, t);
  e.nodes().forEach((r) => {
    let s = e.node(r);
    Object.hasOwn(s, "rank") && (s.rank -= n);
  });
}
function gi(e) {
  let t = e.nodes().map((a) => e.node(a).rank).filter((a) => a !== void 0), n = ee(Math.min, t), r = [];
  e.nodes().forEach((a) => {
    let l = e.node(a).rank - n;
    r[l] || (r[l] = []), r[l].push(a);
  });
  let s = 0, i = e.graph().nodeRankFactor;
  Array.from(r).forEach((a, l) => {
    a === void 0 && l % i !== 0 ? --s : a !== void 0 && s && a.forEach((c) => e.node(c).rank += s);
  });
}
function Zt(e, t, n, r) {
  let s = { width: 0, height: 0 };
  return arguments.length >= 4 && (s.rank = n, s.order = r), ve(e, "border", s, t);
}
function _i(e, t = tr) {
  let n = [];
  for (let r = 0; r < e.length; r += t) {
    let s = e.slice(r, r + t);
    n.push(s);
  }
  return n;
}
var tr = 65535;
function ee(e, t) {
  if (t.length > tr) {
    let n = _i(t);
    return e(...n.map((r) => e(...r)));
  } else return e(...t);
}
function nr(e) {
  let t = e.nodes().map((n) => {
    let r = e.node(n).rank;
    return r === void 0 ? Number.MIN_VALUE : r;
  });
  return ee(Math.max, t);
}
function mi(e, t) {
  let n = { lhs: [], rhs: [] };
  return e.forEach((r) => {
    t(r) ? n.lhs.push(r) : n.rhs.push(r);
  }), n;
}
function bi(e, t) {
  return t();
}
var wi = 0;
function Et(e) {
  let t = ++wi;
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
function Ue(e, t) {
  let n = {};
  for (let r of t) e[r] !== void 0 && (n[r] = e[r]);
  return n;
}
function Ve(e, t) {
  let n;
  return typeof t == "string" ? n = (r) => r[t] : n = t, Object.entries(e).reduce((r, [s, i]) => (r[s] = n(i, s), r), {});
}
function vi(e, t) {
  return e.reduce((n, r, s) => (n[r] = t[s], n), {});
}
var Ye = "\0";
function rr(e, t, n) {
  var r, s, i, a, l, c;
  if (!(e && t && n && t.dummy === "edge" && n.dummy === "edge" && t.edgeObj && n.edgeObj && e[t.edgeObj.v] && e[n.edgeObj.v] && e[t.edgeObj.w] && e[n.edgeObj.w])) return 0;
  let d = !0;
  t.edgeObj.w === n.edgeObj.w && (d = !1);
  let h = d ? (s = (r = e[t.edgeObj.v]) == null ? void 0 : r.rank) != null ? s : NaN + 1 : (a = (i = e[t.edgeObj.w]) == null ? void 0 : i.rank) != null ? a : NaN - 1, u = Object.entries(e).find((v) => {
    var b, y;
    return ((b = v[1].edgeObj) == null ? void 0 : b.v) === t.edgeObj.v && ((y = v[1].edgeObj) == null ? void 0 : y.w) === t.edgeObj.w && v[1].rank === h;
  }), p = Object.entries(e).find((v) => {
    var b, y;
    return ((b = v[1].edgeObj) == null ? void 0 : b.v) === n.edgeObj.v && ((y = v[1].edgeObj) == null ? void 0 : y.w) === n.edgeObj.w && v[1].rank === h;
  });
  if (!u || !p) return 0;
  let f = (l = u[1].order) != null ? l : NaN, m = (c = p[1].order) != null ? c : NaN;
  return isNaN(f - m) ? 0 : f - m;
}
var yi = class {
  constructor() {
    Us(this, "_sentinel");
    let e = {};
    e._next = e._prev = e, this._sentinel = e;
  }
  dequeue() {
    let e = this._sentinel, t = e._prev;
    if (t !== e) return Qt(t), t;
  }
  enqueue(e) {
    let t = this._sentinel;
    e._prev && e._next && Qt(e), e._next = t._next, t._next._prev = e, t._next = e, e._prev = t;
  }
  toString() {
    let e = [], t = this._sentinel, n = t._prev;
    for (; n !== t; ) e.push(JSON.stringify(n, ki)), n = n._prev;
    return "[" + e.join(", ") + "]";
  }
};
function Qt(e) {
  e._prev._next = e._next, e._next._prev = e._prev, delete e._next, delete e._prev;
}
function ki(e, t) {
  if (e !== "_next" && e !== "_prev") return t;
}
var Ei = yi, xi = () => 1;
function $i(e, t) {
  if (e.nodeCount() <= 1) return [];
  let n = Ni(e, t || xi);
  return Oi(n.graph, n.buckets, n.zeroIdx).flatMap((r) => e.outEdges(r.v, r.w) || []);
}
function Oi(e, t, n) {
  var r;
  let s = [], i = t[t.length - 1], a = t[0], l;
  for (; e.nodeCount(); ) {
    for (; l = a.dequeue(); ) Qe(e, t, n, l);
    for (; l = i.dequeue(); ) Qe(e, t, n, l);
    if (e.nodeCount()) {
      for (let c = t.length - 2; c > 0; --c) if (l = (r = t[c]) == null ? void 0 : r.dequeue(), l) {
        s = s.concat(Qe(e, t, n, l, !0) || []);
        break;
      }
    }
  }
  return s;
}
function Qe(e, t, n, r, s) {
  let i = [], a = s ? i : void 0;
  return (e.inEdges(r.v) || []).forEach((l) => {
    let c = e.edge(l), d = e.node(l.v);
    s && i.push({ v: l.v, w: l.w }), d.out -= c, ft(t, n, d);
  }), (e.outEdges(r.v) || []).forEach((l) => {
    let c = e.edge(l), d = l.w, h = e.node(d);
    h.in -= c, ft(t, n, h);
  }), e.removeNode(r.v), a;
}
function Ni(e, t) {
  let n = new Q(), r = 0, s = 0;
  e.nodes().forEach((l) => {
    n.setNode(l, { v: l, in: 0, out: 0 });
  }), e.edges().forEach((l) => {
    let c = n.edge(l.v, l.w) || 0, d = t(l), h = c + d;
    n.setEdge(l.v, l.w, h);
    let u = n.node(l.v), p = n.node(l.w);
    s = Math.max(s, u.out += d), r = Math.max(r, p.in += d);
  });
  let i = Si(s + r + 3).map(() => new Ei()), a = r + 1;
  return n.nodes().forEach((l) => {
    ft(i, a, n.node(l));
  }), { graph: n, buckets: i, zeroIdx: a };
}
function ft(e, t, n) {
  var r, s, i;
  n.out ? n.in ? (i = e[n.out - n.in + t]) == null || i.enqueue(n) : (s = e[e.length - 1]) == null || s.enqueue(n) : (r = e[0]) == null || r.enqueue(n);
}
function Si(e) {
  let t = [];
  for (let n = 0; n < e; n++) t.push(n);
  return t;
}
function Mi(e, t) {
  (e.graph().acyclicer === "greedy" ? $i(e, n(e)) : ji(e, t ?? null)).forEach((r) => {
    let s = e.edge(r);
    e.removeEdge(r), s.forwardName = r.name, s.reversed = !0, e.setEdge(r.w, r.v, s, Et("rev"));
  });
  function n(r) {
    return (s) => r.edge(s).weight;
  }
}
function ji(e, t) {
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
      Object.hasOwn(r, h.w) || ((u = t.node(c)) == null ? void 0 : u.rank) > ((p = t.node(h.w)) == null ? void 0 : p.rank) && Ci(e, h.w, h) ? n.push(h) : a(h.w);
    }), delete r[c]);
  }
  let l = i;
  return t && typeof t.node == "function" && (l = a), e.sources().forEach(l), e.nodes().forEach(l), n;
}
function Ti(e) {
  e.edges().forEach((t) => {
    let n = e.edge(t);
    if (n.reversed) {
      e.removeEdge(t);
      let r = n.forwardName;
      delete n.reversed, delete n.forwardName, e.setEdge(t.w, t.v, n, r);
    }
  });
}
function Ci(e, t, n) {
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
function Ii(e) {
  e.graph().dummyChains = [], e.edges().forEach((t) => Li(e, t));
}
function Li(e, t) {
  let n = t.v, r = e.node(n).rank, s = t.w, i = e.node(s).rank, a = t.name, l = e.edge(t), c = l.labelRank;
  if (i === r + 1) return;
  e.removeEdge(t);
  let d, h, u;
  for (u = 0, ++r; r < i; ++u, ++r) l.points = [], h = { width: 0, height: 0, edgeLabel: l, edgeObj: t, rank: r }, d = ve(e, "edge", h, "_d"), r === c && (h.width = l.width, h.height = l.height, h.dummy = "edge-label", h.labelpos = l.labelpos), e.setEdge(n, d, { weight: l.weight }, a), u === 0 && e.graph().dummyChains.push(d), n = d;
  e.setEdge(n, s, { weight: l.weight }, a);
}
function Pi(e) {
  e.graph().dummyChains.forEach((t) => {
    let n = e.node(t), r = n.edgeLabel, s;
    for (e.setEdge(n.edgeObj, r); n.dummy; ) s = e.successors(t)[0], e.removeNode(t), r.points.push({ x: n.x, y: n.y }), n.dummy === "edge-label" && (r.x = n.x, r.y = n.y, r.width = n.width, r.height = n.height), t = s, n = e.node(t);
  });
}
function xt(e) {
  let t = {};
  function n(r) {
    let s = e.node(r);
    if (Object.hasOwn(t, r)) return s.rank;
    t[r] = !0;
    let i = e.outEdges(r), a = i ? i.map((c) => c == null ? Number.POSITIVE_INFINITY : n(c.w) - e.edge(c).minlen) : [], l = ee(Math.min, a);
    return l === Number.POSITIVE_INFINITY && (l = 0), s.rank = l;
  }
  e.sources().forEach(n);
}
function we(e, t) {
  return e.node(t.w).rank - e.node(t.v).rank - e.edge(t).minlen;
}
var sr = Ri;
function Ri(e) {
  let t = new Q({ directed: !1 }), n = e.nodes();
  if (n.length === 0) throw new Error("Graph must have at least one node");
  let r = n[0], s = e.nodeCount();
  t.setNode(r, {});
  let i, a;
  for (; Di(t, e) < s && (i = Ai(t, e), !!i); ) a = t.hasNode(i.v) ? we(e, i) : -we(e, i), Fi(t, e, a);
  return t;
}
function Di(e, t) {
  function n(r) {
    let s = t.nodeEdges(r);
    s && s.forEach((i) => {
      let a = i.v, l = r === a ? i.w : a;
      !e.hasNode(l) && !we(t, i) && (e.setNode(l, {}), e.setEdge(r, l, {}), n(l));
    });
  }
  return e.nodes().forEach(n), e.nodeCount();
}
function Ai(e, t) {
  return t.edges().reduce((n, r) => {
    let s = Number.POSITIVE_INFINITY;
    return e.hasNode(r.v) !== e.hasNode(r.w) && (s = we(t, r)), s < n[0] ? [s, r] : n;
  }, [Number.POSITIVE_INFINITY, null])[1];
}
function Fi(e, t, n) {
  e.nodes().forEach((r) => t.node(r).rank += n);
}
var { preorder: Wi, postorder: Ui } = kt, qi = ue;
ue.initLowLimValues = Ot;
ue.initCutValues = $t;
ue.calcCutValue = ir;
ue.leaveEdge = ar;
ue.enterEdge = lr;
ue.exchangeEdges = cr;
function ue(e) {
  e = fi(e), xt(e);
  let t = sr(e);
  Ot(t), $t(t, e);
  let n, r;
  for (; n = ar(t); ) r = lr(t, e, n), cr(t, e, n, r);
}
function $t(e, t) {
  let n = Ui(e, e.nodes());
  n = n.slice(0, n.length - 1), n.forEach((r) => Bi(e, t, r));
}
function Bi(e, t, n) {
  let r = e.node(n).parent, s = e.edge(n, r);
  s.cutvalue = ir(e, t, n);
}
function ir(e, t, n) {
  let r = e.node(n).parent, s = !0, i = t.edge(n, r), a = 0;
  i || (s = !1, i = t.edge(r, n)), a = i.weight;
  let l = t.nodeEdges(n);
  return l && l.forEach((c) => {
    let d = c.v === n, h = d ? c.w : c.v;
    if (h !== r) {
      let u = d === s, p = t.edge(c).weight;
      if (a += u ? p : -p, Vi(e, n, h)) {
        let f = e.edge(n, h).cutvalue;
        a += u ? -f : f;
      }
    }
  }), a;
}
function Ot(e, t) {
  arguments.length < 2 && (t = e.nodes()[0]), or(e, {}, 1, t);
}
function or(e, t, n, r, s) {
  let i = n, a = e.node(r);
  t[r] = !0;
  let l = e.neighbors(r);
  return l && l.forEach((c) => {
    Object.hasOwn(t, c) || (n = or(e, t, n, c, r));
  }), a.low = i, a.lim = n++, s ? a.parent = s : delete a.parent, n;
}
function ar(e) {
  return e.edges().find((t) => e.edge(t).cutvalue < 0);
}
function lr(e, t, n) {
  let r = n.v, s = n.w;
  t.hasEdge(r, s) || (r = n.w, s = n.v);
  let i = e.node(r), a = e.node(s), l = i, c = !1;
  return i.lim > a.lim && (l = a, c = !0), t.edges().filter((d) => c === en(e, e.node(d.v), l) && c !== en(e, e.node(d.w), l)).reduce((d, h) => we(t, h) < we(t, d) ? h : d);
}
function cr(e, t, n, r) {
  let s = n.v, i = n.w;
  e.removeEdge(s, i), e.setEdge(r.v, r.w, {}), Ot(e), $t(e, t), Hi(e, t);
}
function Hi(e, t) {
  let n = e.nodes().find((s) => !e.node(s).parent);
  if (!n) return;
  let r = Wi(e, [n]);
  r = r.slice(1), r.forEach((s) => {
    let i = e.node(s).parent, a = t.edge(s, i), l = !1;
    a || (a = t.edge(i, s), l = !0), t.node(s).rank = t.node(i).rank + (l ? a.minlen : -a.minlen);
  });
}
function Vi(e, t, n) {
  return e.hasEdge(t, n);
}
function en(e, t, n) {
  return n.low <= t.lim && t.lim <= n.lim;
}
var Yi = zi;
function zi(e) {
  let t = e.graph().ranker;
  if (typeof t == "function") return t(e);
  switch (t) {
    case "network-simplex":
      tn(e);
      break;
    case "tight-tree":
      Ki(e);
      break;
    case "longest-path":
      Gi(e);
      break;
    case "none":
      break;
    default:
      tn(e);
  }
}
var Gi = xt;
function Ki(e) {
  xt(e), sr(e);
}
function tn(e) {
  qi(e);
}
var Xi = Ji;
function Ji(e) {
  let t = Qi(e), n = e.graph();
  Array.isArray(n.dummyChains) && n.dummyChains.forEach((r) => {
    let s = e.node(r), i = s.edgeObj, a = Zi(e, t, i.v, i.w), l = a.path, c = a.lca, d = 0, h = l[d], u = !0;
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
function Zi(e, t, n, r) {
  let s = [], i = [], a = Math.min(t[n].low, t[r].low), l = Math.max(t[n].lim, t[r].lim), c;
  c = n;
  do
    c = e.parent(c), s.push(c);
  while (c && (t[c].low > a || l > t[c].lim));
  let d = c, h = r;
  for (; (h = e.parent(h)) !== d; ) i.push(h);
  return { path: s.concat(i.reverse()), lca: d };
}
function Qi(e) {
  let t = {}, n = 0;
  function r(s) {
    let i = n;
    e.children(s).forEach(r), t[s] = { low: i, lim: n++ };
  }
  return e.children(Ye).forEach(r), t;
}
function eo(e) {
  let t = ve(e, "root", {}, "_root"), n = to(e), r = Object.values(n), s = ee(Math.max, r) - 1, i = 2 * s + 1;
  e.graph().nestingRoot = t, e.edges().forEach((l) => e.edge(l).minlen *= i);
  let a = no(e) + 1;
  e.children(Ye).forEach((l) => {
    dr(e, t, i, a, s, n, l);
  }), e.graph().nodeRankFactor = i;
}
function dr(e, t, n, r, s, i, a) {
  var l;
  let c = e.children(a);
  if (!c.length) {
    a !== t && e.setEdge(t, a, { weight: 0, minlen: n });
    return;
  }
  let d = Zt(e, "_bt"), h = Zt(e, "_bb"), u = e.node(a);
  e.setParent(d, a), u.borderTop = d, e.setParent(h, a), u.borderBottom = h, c.forEach((p) => {
    var f;
    dr(e, t, n, r, s, i, p);
    let m = e.node(p), v = m.borderTop ? m.borderTop : p, b = m.borderBottom ? m.borderBottom : p, y = m.borderTop ? r : 2 * r, g = v !== b ? 1 : s - ((f = i[a]) != null ? f : 0) + 1;
    e.setEdge(d, v, { weight: y, minlen: g, nestingEdge: !0 }), e.setEdge(b, h, { weight: y, minlen: g, nestingEdge: !0 });
  }), e.parent(a) || e.setEdge(t, d, { weight: 0, minlen: s + ((l = i[a]) != null ? l : 0) });
}
function to(e) {
  let t = {};
  function n(r, s) {
    let i = e.children(r);
    i && i.length && i.forEach((a) => n(a, s + 1)), t[r] = s;
  }
  return e.children(Ye).forEach((r) => n(r, 1)), t;
}
function no(e) {
  return e.edges().reduce((t, n) => t + e.edge(n).weight, 0);
}
function ro(e) {
  let t = e.graph();
  e.removeNode(t.nestingRoot), delete t.nestingRoot, e.edges().forEach((n) => {
    e.edge(n).nestingEdge && e.removeEdge(n);
  });
}
var so = io;
function io(e) {
  function t(n) {
    let r = e.children(n), s = e.node(n);
    if (r.length && r.forEach(t), s && Object.hasOwn(s, "minRank")) {
      s.borderLeft = [], s.borderRight = [];
      for (let i = s.minRank, a = s.maxRank + 1; i < a; ++i) nn(e, "borderLeft", "_bl", n, s, i), nn(e, "borderRight", "_br", n, s, i);
    }
  }
  e.children(Ye).forEach(t);
}
function nn(e, t, n, r, s, i) {
  let a = { width: 0, height: 0, rank: i, borderType: t }, l = s[t][i - 1], c = ve(e, "border", a, n);
  s[t][i] = c, e.setParent(c, r), l && e.setEdge(l, c, { weight: 1 });
}
function oo(e) {
  var t;
  let n = (t = e.graph().rankdir) == null ? void 0 : t.toLowerCase();
  (n === "lr" || n === "rl") && hr(e);
}
function ao(e) {
  var t;
  let n = (t = e.graph().rankdir) == null ? void 0 : t.toLowerCase();
  (n === "bt" || n === "rl") && lo(e), (n === "lr" || n === "rl") && (co(e), hr(e));
}
function hr(e) {
  e.nodes().forEach((t) => rn(e.node(t))), e.edges().forEach((t) => rn(e.edge(t)));
}
function rn(e) {
  let t = e.width;
  e.width = e.height, e.height = t;
}
function lo(e) {
  e.nodes().forEach((t) => et(e.node(t))), e.edges().forEach((t) => {
    var n;
    let r = e.edge(t);
    (n = r.points) == null || n.forEach(et), Object.hasOwn(r, "y") && et(r);
  });
}
function et(e) {
  e.y = -e.y;
}
function co(e) {
  e.nodes().forEach((t) => tt(e.node(t))), e.edges().forEach((t) => {
    var n;
    let r = e.edge(t);
    (n = r.points) == null || n.forEach(tt), Object.hasOwn(r, "x") && tt(r);
  });
}
function tt(e) {
  let t = e.x;
  e.x = e.y, e.y = t;
}
function ho(e, t = null) {
  let n = {}, r = e.nodes().filter((d) => !e.children(d).length), s = r.map((d) => e.node(d).rank), i = ee(Math.max, s), a = Ne(i + 1).map(() => []);
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
    return rr(t, u, p);
  }
  return a;
}
function uo(e, t) {
  let n = 0;
  for (let r = 1; r < t.length; ++r) n += fo(e, t[r - 1], t[r]);
  return n;
}
function fo(e, t, n) {
  let r = vi(n, n.map((d, h) => h)), s = t.flatMap((d) => {
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
function po(e, t = []) {
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
function go(e, t) {
  let n = {};
  e.forEach((s, i) => {
    let a = { indegree: 0, in: [], out: [], vs: [s.v], i };
    s.barycenter !== void 0 && (a.barycenter = s.barycenter, a.weight = s.weight), n[s.v] = a;
  }), t.edges().forEach((s) => {
    let i = n[s.v], a = n[s.w];
    i !== void 0 && a !== void 0 && (a.indegree++, i.out.push(a));
  });
  let r = Object.values(n).filter((s) => !s.indegree);
  return _o(r);
}
function _o(e) {
  let t = [];
  function n(s) {
    return (i) => {
      i.merged || (i.barycenter === void 0 || s.barycenter === void 0 || i.barycenter >= s.barycenter) && mo(s, i);
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
  return t.filter((s) => !s.merged).map((s) => Ue(s, ["vs", "i", "barycenter", "weight"]));
}
function mo(e, t) {
  let n = 0, r = 0;
  e.weight && (n += e.barycenter * e.weight, r += e.weight), t.weight && (n += t.barycenter * t.weight, r += t.weight), e.vs = t.vs.concat(e.vs), e.barycenter = n / r, e.weight = r, e.i = Math.min(t.i, e.i), t.merged = !0;
}
function bo(e, t, n, r, s) {
  let i = {}, a = null, l = null, c = s;
  typeof t == "boolean" ? (c = t, i = {}) : t && (i = t, a = n ?? null, l = r ?? null);
  let d = mi(e, (y) => Object.hasOwn(y, "barycenter")), h = d.lhs, u = d.rhs.sort((y, g) => g.i - y.i), p = [], f = 0, m = 0, v = 0;
  h.sort(wo(l, a, !!c));
  for (let [y, g] of Object.entries(i)) {
    let _ = h.findIndex((w) => w.vs[0] === y);
    h.splice(_ + 1, 0, g);
  }
  v = sn(p, u, v), h.forEach((y) => {
    v += y.vs.length, p.push(y.vs), f += y.barycenter * y.weight, m += y.weight, v = sn(p, u, v);
  });
  let b = { vs: p.flat(1) };
  return m && (b.barycenter = f / m, b.weight = m), b;
}
function sn(e, t, n) {
  let r;
  for (; t.length && (r = t[t.length - 1]).i <= n; ) t.pop(), e.push(r.vs), n++;
  return n;
}
function wo(e, t, n) {
  return (r, s) => {
    if (r.barycenter < s.barycenter) return -1;
    if (r.barycenter > s.barycenter) return 1;
    if (e && (typeof r.vs[0] == "string" || typeof s.vs[0] == "string")) {
      let i = e.node(r.vs[0]), a = e.node(s.vs[0]), l = rr(t, i, a);
      if (l !== 0) return l;
    }
    return n ? s.i - r.i : r.i - s.i;
  };
}
function ur(e, t, n, r, s) {
  var i, a, l, c, d, h, u, p, f, m, v;
  let b = null, y = s;
  typeof r == "boolean" ? (y = r, b = null) : r !== void 0 && (b = r);
  let g = e.children(t), _ = e.node(t), w = _ ? _.borderLeft : void 0, k = _ ? _.borderRight : void 0, M = {};
  w && (g = g.filter((x) => x !== w && x !== k));
  let I = po(e, g);
  I.forEach((x) => {
    if (e.children(x.v).length) {
      let { result: $ } = ur(e, x.v, n, b, y);
      M[x.v] = $, Object.hasOwn($, "barycenter") && yo(x, $);
    }
  });
  let E = go(I, n);
  vo(E, M);
  let T = {}, L = !1;
  for (let x = 0; x < E.length; x++) for (let $ = x + 1; $ < E.length; $++) if (!(!E[x] || !E[$] || !((i = E[x]) != null && i.barycenter) || !((a = E[$]) != null && a.barycenter)) && ((l = E[x]) == null ? void 0 : l.barycenter) === E[$].barycenter) {
    let S = (d = (c = E[x]) == null ? void 0 : c.vs[0]) != null ? d : "", O = (u = (h = E[$]) == null ? void 0 : h.vs[0]) != null ? u : "", P = e.node(S), fe = e.node(O);
    if (P.dummy === "edge" && fe.dummy === "edge" && ((p = P.edgeObj) == null ? void 0 : p.v) === ((f = fe.edgeObj) == null ? void 0 : f.v) && ((m = P.edgeObj) == null ? void 0 : m.w) === ((v = fe.edgeObj) == null ? void 0 : v.w)) if (P.edgeLabel.reversed) {
      T[O] = E[x], E.splice(x, 1), x--;
      break;
    } else T[S] || (T[S] = E[$], E.splice($, 1), $--);
    else L = !0;
  }
  let N = bo(E, T, b, e, y);
  if (w && k) {
    N.vs = [w, N.vs, k].flat(1);
    let x = e.predecessors(w);
    if (x && x.length) {
      let $ = e.node(x[0]), S = e.predecessors(k), O = e.node(S[0]);
      Object.hasOwn(N, "barycenter") || (N.barycenter = 0, N.weight = 0), N.barycenter = (N.barycenter * N.weight + $.order + O.order) / (N.weight + 2), N.weight += 2;
    }
  }
  return Object.defineProperty(N, "result", { value: N, enumerable: !1, configurable: !0, writable: !0 }), Object.defineProperty(N, "usedBias", { value: L, enumerable: !1, configurable: !0, writable: !0 }), N;
}
function vo(e, t) {
  e.forEach((n) => {
    n.vs = n.vs.flatMap((r) => t[r] ? t[r].vs : r);
  });
}
function yo(e, t) {
  e.barycenter !== void 0 ? (e.barycenter = (e.barycenter * e.weight + t.barycenter * t.weight) / (e.weight + t.weight), e.weight += t.weight) : (e.barycenter = t.barycenter, e.weight = t.weight);
}
function ko(e, t, n, r) {
  r || (r = e.nodes());
  let s = Eo(e), i = new Q({ compound: !0 }).setGraph({ root: s }).setDefaultNodeLabel((a) => e.node(a));
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
function Eo(e) {
  let t;
  for (; e.hasNode(t = Et("_root")); ) ;
  return t;
}
function xo(e, t, n) {
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
function fr(e, t = {}, n = null) {
  if (typeof t.customOrder == "function") {
    t.customOrder(e, fr);
    return;
  }
  let r = nr(e), s = on(e, Ne(1, r + 1), "inEdges"), i = on(e, Ne(r - 1, -1, -1), "outEdges"), a = ho(e, n);
  if (an(e, a), t.disableOptimalOrderHeuristic) return;
  let l = Number.POSITIVE_INFINITY, c, d = t.constraints || [];
  for (let h = 0, u = 0; u < 4; ++h, ++u) {
    $o(h % 2 ? s : i, h % 4 >= 2, d, n), a = He(e);
    let p = uo(e, a);
    p < l ? (u = 0, c = Object.assign({}, a), l = p) : p === l && (c = structuredClone(a));
  }
  an(e, c);
}
function on(e, t, n) {
  let r = /* @__PURE__ */ new Map(), s = (i, a) => {
    r.has(i) || r.set(i, []), r.get(i).push(a);
  };
  for (let i of e.nodes()) {
    let a = e.node(i);
    if (typeof a.rank == "number" && s(a.rank, i), typeof a.minRank == "number" && typeof a.maxRank == "number") for (let l = a.minRank; l <= a.maxRank; l++) l !== a.rank && s(l, i);
  }
  return t.map(function(i) {
    return ko(e, i, n, r.get(i) || []);
  });
}
function $o(e, t, n, r) {
  let s = !0, i = new Q();
  e.forEach(function(a) {
    n.forEach((h) => i.setEdge(h.left, h.right));
    let l = a.graph().root, { result: c, usedBias: d } = ur(a, l, i, r, s);
    t && d && (s = !s), c.vs.forEach((h, u) => a.node(h).order = u), xo(a, i, c.vs);
  });
}
function an(e, t) {
  Object.values(t).forEach((n) => n.forEach((r, s) => e.node(r).order = s));
}
function Oo(e, t) {
  let n = {};
  function r(s, i) {
    let a = 0, l = 0, c = s.length, d = i[i.length - 1];
    return i.forEach((h, u) => {
      let p = So(e, h), f = p ? e.node(p).order : c;
      (p || h === d) && (i.slice(l, u + 1).forEach((m) => {
        let v = e.predecessors(m);
        v && v.forEach((b) => {
          let y = e.node(b), g = y.order;
          (g < a || f < g) && !(y.dummy && e.node(m).dummy) && pr(n, b, m);
        });
      }), l = u + 1, a = f);
    }), i;
  }
  return t.length && t.reduce(r), n;
}
function No(e, t) {
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
          let v = e.node(m);
          v.dummy && (v.order < d || v.order > h) && pr(n, m, p);
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
function So(e, t) {
  if (e.node(t).dummy) {
    let n = e.predecessors(t);
    if (n) return n.find((r) => e.node(r).dummy);
  }
}
function pr(e, t, n) {
  if (t > n) {
    let s = t;
    t = n, n = s;
  }
  let r = e[t];
  r || (e[t] = r = {}), r[n] = !0;
}
function Mo(e, t, n) {
  if (t > n) {
    let s = t;
    t = n, n = s;
  }
  let r = e[t];
  return r !== void 0 && Object.hasOwn(r, n);
}
function jo(e, t, n, r, s) {
  let i = {}, a = {}, l = {};
  return t.forEach((c) => {
    c.forEach((d, h) => {
      i[d] = d, a[d] = d, l[d] = h;
    });
  }), t.forEach((c) => {
    let d = -1, h = -1, u = !1, p = c, f = c.findIndex((m) => s?.includes(m) || ln(m, e, s));
    f > 0 && (p = [c[f], ...c.slice(0, f), ...c.slice(f + 1)], u = !0), p.forEach((m) => {
      var v;
      let b = r(m);
      if (b && b.length) {
        s != null && s.includes(m) && (b = b.filter((_) => ln(_, e, s)));
        let y = b.sort((_, w) => {
          let k = l[_], M = l[w];
          return (k !== void 0 ? k : 0) - (M !== void 0 ? M : 0);
        }), g = (y.length - 1) / 2;
        for (let _ = Math.floor(g), w = Math.ceil(g); _ <= w; ++_) {
          let k = y[_];
          if (k === void 0) continue;
          let M = l[k];
          if (M !== void 0 && a[m] === m && d < M && l[k] !== h && !Mo(n, m, k)) {
            let I = i[k];
            I !== void 0 && (a[k] = m, a[m] = i[m] = I, d = M, u && (d = -1, h = (v = l[k]) != null ? v : -1, u = !1));
          }
        }
      }
    });
  }), { root: i, align: a };
}
function To(e, t, n, r, s = !1) {
  let i = {}, a = Co(e, t, n, s), l = s ? "borderLeft" : "borderRight";
  function c(f, m) {
    let v = a.nodes().slice(), b = {}, y = v.pop();
    for (; y; ) {
      if (b[y]) f(y);
      else {
        b[y] = !0, v.push(y);
        for (let g of m(y)) v.push(g);
      }
      y = v.pop();
    }
  }
  function d(f) {
    let m = a.inEdges(f);
    m ? i[f] = m.reduce((v, b) => {
      var y;
      let g = (y = i[b.v]) != null ? y : 0, _ = a.edge(b);
      return Math.max(v, g + (_ !== void 0 ? _ : 0));
    }, 0) : i[f] = 0;
  }
  function h(f) {
    let m = a.outEdges(f), v = Number.POSITIVE_INFINITY;
    m && (v = m.reduce((y, g) => {
      let _ = i[g.w], w = a.edge(g);
      return Math.min(y, (_ !== void 0 ? _ : 0) - (w !== void 0 ? w : 0));
    }, Number.POSITIVE_INFINITY));
    let b = e.node(f);
    v !== Number.POSITIVE_INFINITY && b.borderType !== l && (i[f] = Math.max(i[f] !== void 0 ? i[f] : 0, v));
  }
  function u(f) {
    return a.predecessors(f) || [];
  }
  function p(f) {
    return a.successors(f) || [];
  }
  return c(d, u), c(h, p), Object.keys(r).forEach((f) => {
    var m;
    let v = n[f];
    v !== void 0 && (i[f] = (m = i[v]) != null ? m : 0);
  }), i;
}
function Co(e, t, n, r) {
  let s = new Q(), i = e.graph(), a = Do(i.nodesep, i.edgesep, r);
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
function Io(e, t) {
  return Object.values(t).reduce((n, r) => {
    let s = Number.NEGATIVE_INFINITY, i = Number.POSITIVE_INFINITY;
    Object.entries(r).forEach(([l, c]) => {
      let d = Ao(e, l) / 2;
      s = Math.max(c + d, s), i = Math.min(c - d, i);
    });
    let a = s - i;
    return a < n[0] && (n = [a, r]), n;
  }, [Number.POSITIVE_INFINITY, null])[1];
}
function Lo(e, t) {
  let n = Object.values(t), r = ee(Math.min, n), s = ee(Math.max, n);
  ["u", "d"].forEach((i) => {
    ["l", "r"].forEach((a) => {
      let l = i + a, c = e[l];
      if (!c || c === t) return;
      let d = Object.values(c), h = r - ee(Math.min, d);
      a !== "l" && (h = s - ee(Math.max, d)), h && (e[l] = Ve(c, (u) => u + h));
    });
  });
}
function Po(e, t = void 0) {
  let n = e.ul;
  return n ? Ve(n, (r, s) => {
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
function Ro(e, t) {
  let n = He(e), r = Object.assign(Oo(e, n), No(e, n)), s = {}, i;
  ["u", "d"].forEach((l) => {
    i = l === "u" ? n : Object.values(n).reverse(), ["l", "r"].forEach((c) => {
      c === "r" && (i = i.map((u) => Object.values(u).reverse()));
      let d = jo(e, i, r, (u) => (l === "u" ? e.predecessors(u) : e.successors(u)) || [], t), h = To(e, i, d.root, d.align, c === "r");
      c === "r" && (h = Ve(h, (u) => -u)), s[l + c] = h;
    });
  });
  let a = Io(e, s);
  return Lo(s, a), Po(s, e.graph().align);
}
function Do(e, t, n) {
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
function Ao(e, t) {
  return e.node(t).width;
}
function ln(e, t, n) {
  var r;
  if (!n) return !1;
  let s = (r = t.node(e)) == null ? void 0 : r.edgeObj;
  if (!s || t.node(e).edgeLabel.reversed) return !1;
  let i = n.indexOf(s?.v), a = n.indexOf(s?.w);
  return i !== -1 && a !== -1 && i === (a + 1) % n.length || i === (a - 1) % n.length;
}
function Fo(e, t) {
  e = er(e), Wo(e), Object.entries(Ro(e, t)).forEach(([n, r]) => e.node(n).x = r);
}
function Wo(e) {
  let t = He(e), n = e.graph(), r = n.ranksep, s = n.rankalign, i = 0;
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
var cn = /* @__PURE__ */ new WeakMap();
function Uo(e, t = {}) {
  return gr(e, bi, t), e;
}
function dn(e, t, n) {
  let r = t;
  for (; r !== void 0; ) {
    let s = e.parent(r);
    if (s === n) return r;
    r = s;
  }
}
function gr(e, t, n) {
  var r;
  let s = e.nodes().filter((g) => e.children(g).length), i = {};
  s.forEach((g) => {
    let _ = e.node(g);
    if (_ && _.rankdir) {
      let w = new Q({ multigraph: !0, compound: !0 });
      w.setGraph({ rankdir: _.rankdir });
      let k = e.children(g);
      k.forEach((S) => {
        let O = { ...e.node(S) };
        w.setNode(S, O);
        let P = e.parent(S);
        P && P !== g && k.includes(P) && w.setParent(S, P);
      });
      let M = /* @__PURE__ */ new Set();
      e.edges().forEach((S) => {
        let O = dn(e, S.v, g), P = dn(e, S.w, g);
        if (O === S.v && P === S.w) w.setEdge(S, { ...e.edge(S) });
        else if (O && P && O !== P) {
          let fe = `${O}\0${P}`;
          M.has(fe) || (M.add(fe), w.setEdge(O, P, { ...e.edge(S) }));
        }
      }), gr(w, t, n);
      let I = gn(w);
      un(I, t, n, null), fn(w, I);
      let E = 1 / 0, T = 1 / 0, L = -1 / 0, N = -1 / 0;
      w.nodes().forEach((S) => {
        if (S === g) return;
        let O = w.node(S);
        O && typeof O.x == "number" && typeof O.y == "number" && typeof O.width == "number" && typeof O.height == "number" && (E = Math.min(E, O.x - O.width / 2), L = Math.max(L, O.x + O.width / 2), T = Math.min(T, O.y - O.height / 2), N = Math.max(N, O.y + O.height / 2));
      }), (!isFinite(E) || !isFinite(T) || !isFinite(L) || !isFinite(N)) && (E = T = 0, L = N = 0);
      let x = L - E, $ = N - T;
      i[g] = { minX: E, minY: T, maxX: L, maxY: N, width: x, height: $, offsetX: E, offsetY: T }, _._dagreClusterSubgraph = w;
    }
  });
  let a = [], l = (g) => {
    let _ = [], w = (e.children(g) || []).filter((k) => k !== g);
    for (; w.length > 0; ) {
      let k = w.shift();
      _.push(k), (e.children(k) || []).filter((M) => M !== k).forEach((M) => w.push(M));
    }
    return _;
  }, c = /* @__PURE__ */ new Map();
  s.forEach((g) => {
    let _ = e.node(g);
    _ && _.rankdir && i[g] && c.set(g, (e.children(g) || []).filter((w) => w !== g));
  });
  let d = new Set([...c.values()].flat()), h = /* @__PURE__ */ new Map();
  c.forEach((g, _) => {
    d.has(_) || h.set(_, l(_));
  });
  let u = new Set([...h.values()].flat()), p = (g) => {
    for (let [_, w] of h) if (w.includes(g)) return _;
    return g;
  }, f = [];
  e.edges().forEach((g) => {
    (u.has(g.v) || u.has(g.w)) && f.push({ edge: g, label: e.edge(g) });
  });
  let m = /* @__PURE__ */ new Map();
  u.forEach((g) => {
    let _ = e.parent(g);
    m.set(g, typeof _ == "string" ? _ : void 0);
  }), h.forEach((g, _) => {
    let w = e.node(_), k = [];
    g.forEach((E) => {
      let T = e.node(E);
      T && (k.push({ id: E, node: T, parent: m.get(E) }), e.removeNode(E));
    });
    let M = f.filter(({ edge: E }) => g.includes(E.v) || g.includes(E.w)), I = i[_];
    w && (a.push({ clusterId: _, subgraph: w._dagreClusterSubgraph, bounds: I, children: g, removedNodes: k, removedEdges: M }), w.width = I.width, w.height = I.height);
  });
  let v = /* @__PURE__ */ new Set();
  f.forEach(({ edge: g, label: _ }) => {
    let w = p(g.v), k = p(g.w);
    if (w !== k && e.hasNode(w) && e.hasNode(k)) {
      let M = `${w}\0${k}`;
      v.has(M) || (v.add(M), e.setEdge(w, k, { ..._, width: 0, height: 0 }));
    }
  });
  let b = gn(e), y = un(b, t, n, (r = cn.get(e)) != null ? r : null);
  cn.set(e, y), fn(e, b), v.forEach((g) => {
    let _ = g.indexOf("\0"), w = g.slice(0, _), k = g.slice(_ + 1);
    e.hasEdge(w, k) && e.removeEdge(w, k);
  }), a.forEach(({ clusterId: g, subgraph: _, bounds: w, removedNodes: k, removedEdges: M }) => {
    var I, E;
    let T = e.node(g), L = (I = T?.x) != null ? I : 0, N = (E = T?.y) != null ? E : 0, x = (w.minX + w.maxX) / 2, $ = (w.minY + w.maxY) / 2;
    k.forEach(({ id: S, node: O, parent: P }) => {
      e.setNode(S, O), P !== void 0 && e.setParent(S, P);
    }), M.forEach(({ edge: S, label: O }) => {
      e.setEdge(S, O);
    }), _.nodes().forEach((S) => {
      if (S === g) return;
      let O = _.node(S), P = e.node(S);
      P && O && typeof O.x == "number" && typeof O.y == "number" && (P.x = L + (O.x - x), P.y = N + (O.y - $));
    }), hn(e, _, L - x, N - $), delete T._dagreClusterSubgraph;
  }), s.forEach((g) => {
    var _, w;
    let k = e.node(g), M = i[g];
    if (k && k.rankdir && k._dagreClusterSubgraph && M) {
      let I = k._dagreClusterSubgraph, E = (_ = k.x) != null ? _ : 0, T = (w = k.y) != null ? w : 0, L = (M.minX + M.maxX) / 2, N = (M.minY + M.maxY) / 2;
      I.nodes().forEach((x) => {
        if (x === g) return;
        let $ = I.node(x), S = e.node(x);
        if (S && $ && typeof $.x == "number" && typeof $.y == "number") {
          let O = $.x - L, P = $.y - N;
          S.x = E + O, S.y = T + P;
        }
      }), hn(e, I, E - L, T - N), delete k._dagreClusterSubgraph;
    }
  });
}
function hn(e, t, n, r) {
  t.edges().forEach((s) => {
    if (!e.hasEdge(s)) return;
    let i = t.edge(s), a = e.edge(s);
    a.points = i.points.map((l) => ({ x: l.x + n, y: l.y + r })), Object.hasOwn(i, "x") && (a.x = i.x + n, a.y = i.y + r);
  });
}
function un(e, t, n, r = null) {
  var s, i;
  let a = n?.useDynamic !== !1, l = a && (s = r?.graph) != null ? s : null, c = a && (i = r?.rawNodes) != null ? i : null;
  t("    makeSpaceForEdgeLabels", () => Ko(e)), t("    removeSelfEdges", () => sa(e)), t("    acyclic", () => Mi(e, l)), t("    nestingGraph.run", () => eo(e)), t("    rank", () => Yi(er(e))), t("    injectEdgeLabelProxies", () => Xo(e)), t("    removeEmptyRanks", () => gi(e)), t("    nestingGraph.cleanup", () => ro(e)), t("    normalizeRanks", () => pi(e)), t("    assignRankMinMax", () => Jo(e)), t("    removeEdgeLabelProxies", () => Zo(e)), t("    normalize.run", () => Ii(e)), t("    parentDummyChains", () => Xi(e)), t("    addBorderSegments", () => so(e)), t("    order", () => fr(e, n, c)), t("    insertSelfEdges", () => ia(e)), t("    adjustCoordinateSystem", () => oo(e)), t("    position", () => Fo(e, n.corePath)), t("    positionSelfEdges", () => oa(e));
  let d = JSON.parse(JSON.stringify(e._nodes));
  return t("    removeBorderNodes", () => ra(e)), t("    normalize.undo", () => Pi(e)), t("    fixupEdgeLabelCoords", () => ta(e)), t("    undoCoordinateSystem", () => ao(e)), t("    translateGraph", () => Qo(e)), t("    assignNodeIntersects", () => ea(e)), t("    reversePoints", () => na(e)), t("    acyclic.undo", () => Ti(e)), { graph: e, rawNodes: d };
}
function fn(e, t) {
  e.nodes().forEach((n) => {
    let r = e.node(n), s = t.node(n);
    r && (r.x = s.x, r.y = s.y, r.order = s.order, r.rank = s.rank, t.children(n).length && (r.width = s.width, r.height = s.height));
  }), e.edges().forEach((n) => {
    let r = e.edge(n), s = t.edge(n);
    r.points = s.points, Object.hasOwn(s, "x") && (r.x = s.x, r.y = s.y);
  }), e.graph().width = t.graph().width, e.graph().height = t.graph().height;
}
var qo = ["nodesep", "edgesep", "ranksep", "marginx", "marginy"], Bo = { ranksep: 50, edgesep: 20, nodesep: 50, rankdir: "TB", rankalign: "center" }, Ho = ["acyclicer", "ranker", "rankdir", "align", "rankalign"], Vo = ["width", "height", "rank"], pn = { width: 0, height: 0 }, Yo = ["minlen", "weight", "width", "height", "labeloffset"], zo = { minlen: 1, weight: 1, width: 0, height: 0, labeloffset: 10, labelpos: "r" }, Go = ["labelpos"];
function gn(e) {
  let t = new Q({ multigraph: !0, compound: !0 }), n = rt(e.graph());
  return t.setGraph(Object.assign({}, Bo, nt(n, qo), Ue(n, Ho))), e.nodes().forEach((r) => {
    let s = rt(e.node(r)), i = nt(s, Vo);
    Object.keys(pn).forEach((l) => {
      i[l] === void 0 && (i[l] = pn[l]);
    }), t.setNode(r, i);
    let a = e.parent(r);
    a !== void 0 && t.setParent(r, a);
  }), e.edges().forEach((r) => {
    let s = rt(e.edge(r));
    t.setEdge(r, Object.assign({}, zo, nt(s, Yo), Ue(s, Go)));
  }), t;
}
function Ko(e) {
  let t = e.graph();
  t.ranksep /= 2, e.edges().forEach((n) => {
    var r;
    let s = e.edge(n);
    s.minlen *= 2, ((r = s.labelpos) != null ? r : "r").toLowerCase() !== "c" && (t.rankdir === "TB" || t.rankdir === "BT" ? s.width += s.labeloffset : s.height += s.labeloffset);
  });
}
function Xo(e) {
  e.edges().forEach((t) => {
    let n = e.edge(t);
    if (n.width && n.height) {
      let r = e.node(t.v), s = { rank: (e.node(t.w).rank - r.rank) / 2 + r.rank, e: t };
      ve(e, "edge-proxy", s, "_ep");
    }
  });
}
function Jo(e) {
  let t = 0;
  e.nodes().forEach((n) => {
    let r = e.node(n);
    r.borderTop && (r.minRank = e.node(r.borderTop).rank, r.maxRank = e.node(r.borderBottom).rank, t = Math.max(t, r.maxRank));
  }), e.graph().maxRank = t;
}
function Zo(e) {
  e.nodes().forEach((t) => {
    let n = e.node(t);
    if (n.dummy === "edge-proxy") {
      let r = n;
      e.edge(r.e).labelRank = n.rank, e.removeNode(t);
    }
  });
}
function Qo(e) {
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
function ea(e) {
  e.edges().forEach((t) => {
    if (t.v === t.w) return;
    let n = e.edge(t), r = e.node(t.v), s = e.node(t.w), i, a;
    n.points ? (i = n.points[0], a = n.points[n.points.length - 1]) : (n.points = [], i = s, a = r), n.points.unshift(Jt(r, i)), n.points.push(Jt(s, a));
  });
}
function ta(e) {
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
function na(e) {
  e.edges().forEach((t) => {
    let n = e.edge(t);
    n.reversed && n.points.reverse();
  });
}
function ra(e) {
  e.nodes().forEach((t) => {
    if (e.children(t).length) {
      let n = e.node(t), r = e.node(n.borderTop), s = e.node(n.borderBottom), i = e.node(n.borderLeft[n.borderLeft.length - 1]), a = e.node(n.borderRight[n.borderRight.length - 1]);
      n.width = Math.abs(a.x - i.x), n.height = Math.abs(s.y - r.y), n.x = i.x + n.width / 2, n.y = r.y + n.height / 2;
    }
  }), e.nodes().forEach((t) => {
    e.node(t).dummy === "border" && e.removeNode(t);
  });
}
function sa(e) {
  e.edges().forEach((t) => {
    if (t.v === t.w) {
      let n = e.node(t.v);
      n.selfEdges || (n.selfEdges = []), n.selfEdges.push({ e: t, label: e.edge(t) }), e.removeEdge(t);
    }
  });
}
function ia(e) {
  He(e).forEach((t) => {
    let n = 0;
    t.forEach((r, s) => {
      let i = e.node(r);
      typeof i.rank != "number" && (i.rank = 0), i.order = s + n, (i.selfEdges || []).forEach((a) => {
        ve(e, "selfedge", { width: a.label.width, height: a.label.height, rank: i.rank, order: s + ++n, e: a.e, edgeLabel: a.label }, "_se"), (!Array.isArray(a.label.points) || a.label.points.length !== 7) && (a.label.points = [{ x: 0, y: -10 }, { x: 0, y: -10 }, { x: 0, y: 0 }, { x: 0, y: 10 }, { x: 0, y: 10 }, { x: 0, y: 0 }, { x: 0, y: 0 }]);
      }), delete i.selfEdges;
    });
  });
}
function oa(e) {
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
function nt(e, t) {
  return Ve(Ue(e, t), Number);
}
function rt(e) {
  let t = {};
  return e && Object.entries(e).forEach(([n, r]) => {
    typeof n == "string" && (n = n.toLowerCase()), t[n] = r;
  }), t;
}
/*! For license information please see dagre.esm.js.LEGAL.txt */
const aa = {
  agent: { width: 196, height: 62 },
  topic: { width: 176, height: 40 },
  store: { width: 132, height: 40 }
}, la = { width: 124, height: 34 }, [ca, da] = [150, 104], ha = 12, Te = 56, ua = 1.7;
function fa(e) {
  const { groups: t, shared: n } = pa(e), r = t.length > 1 ? n : /* @__PURE__ */ new Set(), s = t.map((u, p) => ga(u, p, r, t.length > 1 ? da : ca)), i = s.reduce((u, p) => u + (p.width + Te) * (p.height + Te), 0), a = Math.max(Math.sqrt(i * ua), ...s.map((u) => u.width)), l = { nodes: [], lines: [], width: 0, height: 0 };
  let [c, d, h] = [0, 0, 0];
  for (const u of s.sort((p, f) => f.height - p.height)) {
    c > 0 && c + u.width > a && ([c, d, h] = [0, d + h + Te, 0]);
    const p = (f) => ({ ...f, x: f.x + c, y: f.y + d });
    l.nodes.push(...u.nodes.map(p)), l.lines.push(...u.routes.map(({ points: f, ...m }) => ({ ...m, ...ma(f.map(p)) }))), l.width = Math.max(l.width, c + u.width), h = Math.max(h, u.height), l.height = Math.max(l.height, d + h), c += u.width + Te;
  }
  return l;
}
function pa(e) {
  const t = /* @__PURE__ */ new Map();
  for (const { from: c, to: d } of e.edges)
    t.set(c, (t.get(c) ?? 0) + 1), t.set(d, (t.get(d) ?? 0) + 1);
  const n = new Set([...t].filter(([c, d]) => !c.startsWith("agent:") && d > ha).map(([c]) => c)), r = new Map(e.nodes.map((c) => [c.id, c.id])), s = (c) => {
    let d = c;
    for (; r.get(d) !== d; ) d = r.get(d);
    return r.set(c, d), d;
  };
  for (const { from: c, to: d } of e.edges)
    !n.has(c) && !n.has(d) && r.set(s(c), s(d));
  const i = new Map(e.nodes.map((c) => [c.id, c])), a = /* @__PURE__ */ new Map(), l = (c) => {
    const d = s(c);
    return a.has(d) || a.set(d, { nodes: /* @__PURE__ */ new Set(), edges: [] }), a.get(d);
  };
  for (const c of e.nodes) n.has(c.id) || l(c.id).nodes.add(c);
  for (const c of e.edges) {
    const d = l(n.has(c.from) ? c.to : c.from);
    d.nodes.add(i.get(c.from)).add(i.get(c.to)), d.edges.push(c);
  }
  return { groups: [...a.values()].map((c) => ({ nodes: [...c.nodes], edges: c.edges })), shared: n };
}
function ga(e, t, n, r) {
  const s = new Q();
  s.setGraph({ rankdir: "LR", nodesep: 22, edgesep: 14, ranksep: r, ranker: "tight-tree", marginx: 12, marginy: 12 }), s.setDefaultEdgeLabel(() => ({}));
  for (const p of e.nodes) s.setNode(p.id, { ...n.has(p.id) ? la : aa[p.kind] });
  const i = ({ from: p, to: f }) => p.startsWith("store:") ? [f, p] : [p, f];
  for (const p of e.edges) s.setEdge(...i(p), {});
  Uo(s);
  const a = new Set(e.nodes.filter((p) => p.dead).map((p) => p.id)), l = e.nodes.map((p) => {
    const { x: f, y: m, width: v, height: b } = s.node(p.id);
    return { ...p, key: `${t} ${p.id}`, copy: n.has(p.id), x: f, y: m, width: v, height: b };
  }), c = new Map(l.map((p) => [p.id, p])), d = e.edges.map((p) => {
    const { points: f } = s.edge(...i(p)), m = f.slice(1, -1);
    p.from.startsWith("store:") && m.reverse();
    const [v, b] = _a(c.get(p.from), c.get(p.to));
    return { edge: p, key: `${t} ${p.id}`, deadEnd: a.has(p.to), points: [v, ...m, b] };
  }), { width: h = 0, height: u = 0 } = s.graph();
  return { nodes: l, routes: d, width: h, height: u };
}
function _a(e, t) {
  const n = Math.sign(t.x - e.x) || 1;
  return [
    { x: e.x + n * e.width / 2, y: e.y },
    { x: t.x - n * t.width / 2, y: t.y }
  ];
}
function ma(e) {
  const [t, ...n] = e, r = (d) => Math.round(d * 10) / 10;
  let s = `M${r(t.x)} ${r(t.y)}`, i = t;
  for (const d of n) {
    const h = (i.x + d.x) / 2;
    s += `C${r(h)} ${r(i.y)} ${r(h)} ${r(d.y)} ${r(d.x)} ${r(d.y)}`, i = d;
  }
  const a = Math.floor((e.length - 1) / 2), [l, c] = [e[a], e[a + 1] ?? e[a]];
  return { path: s, label: e.length % 2 === 1 ? l : { x: (l.x + c.x) / 2, y: (l.y + c.y) / 2 } };
}
function _r(e) {
  return class extends Ee {
    shouldComponentUpdate(n) {
      return [.../* @__PURE__ */ new Set([...Object.keys(this.props), ...Object.keys(n)])].some((s) => !Object.is(this.props[s], n[s]));
    }
    render() {
      return e(this.props);
    }
  };
}
const ba = 0.04, wa = 2.5, _n = 24;
function va(e, t) {
  const n = mr(
    Math.min((t.width - 2 * _n) / Math.max(1, e.width), (t.height - 2 * _n) / Math.max(1, e.height), 1)
  );
  return { scale: n, x: (t.width - e.width * n) / 2, y: (t.height - e.height * n) / 2 };
}
function pe(e, t, n) {
  const r = mr(e.scale * t), s = r / e.scale;
  return { scale: r, x: n.x - (n.x - e.x) * s, y: n.y - (n.y - e.y) * s };
}
function _e(e, t, n) {
  return { ...e, x: e.x + t, y: e.y + n };
}
function mn(e, t, n) {
  const [r, s] = [t.x * e.scale + e.x, t.y * e.scale + e.y];
  return r >= 0 && s >= 0 && r <= n.width && s <= n.height;
}
function bn(e, t, n) {
  const r = Math.max(e.scale, 0.8);
  return { scale: r, x: n.width / 2 - t.x * r, y: n.height / 2 - t.y * r };
}
function mr(e) {
  return Math.min(wa, Math.max(ba, e));
}
const Ce = 60, wn = 0.42, ya = 80;
function ka({ layout: e, layouts: t, numbers: n, selected: r, onSelect: s }) {
  const i = ce(null), a = ce(!1), [l, c] = D({ x: 0, y: 0, scale: 1 }), d = () => ({ width: i.current?.clientWidth ?? 0, height: i.current?.clientHeight ?? 0 }), h = () => ({ x: d().width / 2, y: d().height / 2 }), u = () => {
    a.current = !1, c(va(e, d()));
  }, p = (g) => {
    a.current = !0, c(g);
  };
  J(() => {
    a.current = !1;
    const g = new ResizeObserver(() => a.current || u());
    return g.observe(i.current), () => g.disconnect();
  }, [e]), Oa(i, p);
  const f = Na(p), m = (g) => {
    const w = {
      ArrowLeft: () => p((k) => _e(k, Ce, 0)),
      ArrowRight: () => p((k) => _e(k, -Ce, 0)),
      ArrowUp: () => p((k) => _e(k, 0, Ce)),
      ArrowDown: () => p((k) => _e(k, 0, -Ce)),
      "+": () => p((k) => pe(k, 1.25, h())),
      "=": () => p((k) => pe(k, 1.25, h())),
      "-": () => p((k) => pe(k, 0.8, h())),
      0: u
    }[g.key];
    w === void 0 || g.ctrlKey || g.metaKey || g.altKey || (g.preventDefault(), w());
  };
  J(() => {
    const g = e.nodes.find((_) => _.id === r);
    g !== void 0 && c((_) => _.scale >= wn && mn(_, g, d()) ? _ : (a.current = !0, bn(_, g, d())));
  }, [r, e]);
  const v = jr(
    (g) => c((_) => mn(_, g, d()) ? _ : bn(_, g, d())),
    []
  ), b = te(() => [
    ...e.lines.map((g) => /* @__PURE__ */ o(
      xa,
      {
        line: g,
        faded: r !== "" && g.edge.from !== r && g.edge.to !== r,
        ...n.edge(g.edge, g.deadEnd)
      },
      g.key
    )),
    ...e.nodes.map((g) => /* @__PURE__ */ o(
      $a,
      {
        node: g,
        chosen: g.id === r,
        latency: g.kind === "agent" ? n.agent(g.label)?.latency.p95 ?? null : null,
        onSelect: s,
        onFocused: v,
        ...n.node(g)
      },
      g.key
    ))
  ], [e, n, r]), y = l.scale < wn;
  return /* @__PURE__ */ o(
    "div",
    {
      ref: i,
      class: `graph ${y ? "far" : ""} ${e.lines.length <= ya ? "moving" : ""}`,
      "data-layouts": t,
      onKeyDown: m,
      ...f,
      children: [
        /* @__PURE__ */ o("svg", { role: "group", "aria-label": `The topology: ${F(e.nodes.length, "node")}, ${F(e.lines.length, "edge")}`, children: [
          /* @__PURE__ */ o(Ea, {}),
          /* @__PURE__ */ o("g", { transform: `translate(${l.x} ${l.y}) scale(${l.scale})`, children: b })
        ] }),
        /* @__PURE__ */ o("div", { class: "zoom", role: "toolbar", "aria-label": "View", children: [
          /* @__PURE__ */ o("button", { type: "button", title: "Zoom in (+)", "aria-label": "Zoom in", onClick: () => p((g) => pe(g, 1.25, h())), children: "+" }),
          /* @__PURE__ */ o("button", { type: "button", title: "Zoom out (−)", "aria-label": "Zoom out", onClick: () => p((g) => pe(g, 0.8, h())), children: "−" }),
          /* @__PURE__ */ o("button", { type: "button", class: "whole", title: "Show all (0)", onClick: u, children: "Show all" })
        ] })
      ]
    }
  );
}
function Ea() {
  return /* @__PURE__ */ o("defs", { children: ["plain", "warn", "bad"].map((e) => /* @__PURE__ */ o("marker", { id: `arrow-${e}`, class: `arrow ${e}`, viewBox: "0 0 8 8", refX: "7", refY: "4", markerWidth: "8", markerHeight: "8", markerUnits: "userSpaceOnUse", orient: "auto", children: /* @__PURE__ */ o("path", { d: "M0 0.6 7.4 4 0 7.4Z" }) }, e)) });
}
const xa = _r(function({ line: t, faded: n, rate: r, lagMessages: s, lagSeconds: i, failed: a, level: l }) {
  const c = t.deadEnd ? a > 0 ? `${j(a)} in 1 min` : "" : r === null ? "" : ne(r), d = (i ?? 0) >= 1 ? q(i) : (s ?? 0) > 0 ? j(s) : "", h = d === "" ? "" : `${d} behind`, u = 1.4 + Math.min(2, Math.log10(1 + (r ?? 0)) * 0.6);
  return /* @__PURE__ */ o("g", { class: `edge ${l} ${r ? "flows" : ""} ${t.deadEnd ? "dead" : ""} ${n ? "faded" : ""}`, "data-edge": t.edge.id, children: [
    /* @__PURE__ */ o("path", { d: t.path, "stroke-width": u.toFixed(1), "marker-end": `url(#arrow-${l || "plain"})` }),
    h !== "" && /* @__PURE__ */ o("title", { children: `${F(s ?? 0, "event")}, the oldest for ${q(i)}` }),
    c !== "" && /* @__PURE__ */ o("text", { class: "flow", x: t.label.x, y: t.label.y - 5, children: c }),
    h !== "" && /* @__PURE__ */ o("text", { class: "lag", x: t.label.x, y: t.label.y + 12, children: h })
  ] });
}), $a = _r(function({ node: t, chosen: n, latency: r, rate: s, level: i, note: a, onSelect: l, onFocused: c }) {
  const { width: d, height: h } = t, u = t.kind === "agent", p = [s === null ? "" : ne(s), r === null ? "" : `p95 ${q(r)}`].filter(Boolean), f = t.kind === "store" ? "store" : p.join("  ·  "), m = () => l(n ? "" : t.id), v = (y) => {
    y.key !== "Enter" && y.key !== " " || (y.preventDefault(), m());
  }, b = `${t.kind} ${t.label}${f ? `, ${f}` : ""}${a ? `, ${a}` : ""}`;
  return /* @__PURE__ */ o(
    "g",
    {
      class: `node ${t.kind} ${t.copy ? "copy" : i} ${t.dead ? "dead" : ""} ${n ? "chosen" : ""}`,
      transform: `translate(${t.x - d / 2} ${t.y - h / 2})`,
      "data-node": t.id,
      role: "button",
      tabIndex: 0,
      "aria-pressed": n,
      "aria-label": b,
      onClick: m,
      onKeyDown: v,
      onFocus: () => c(t),
      children: [
        /* @__PURE__ */ o("title", { children: b }),
        /* @__PURE__ */ o("rect", { class: "body", width: d, height: h, rx: t.kind === "topic" ? h / 2 : t.kind === "store" ? 7 : 12 }),
        u && /* @__PURE__ */ o("circle", { class: "dot", cx: "17", cy: "20", r: "4.5" }),
        /* @__PURE__ */ o("text", { class: "name", x: u ? 30 : d / 2, y: u ? 24.5 : h / 2 - (f || a ? 3 : -4), children: vn(t.label, u ? 21 : t.copy ? 16 : 22) }),
        /* @__PURE__ */ o("text", { class: "facts", x: u ? 15 : d / 2, y: u ? 46 : h / 2 + 11, children: u && a ? `${p[0] ?? ""}  ·  ${vn(a, 18)}` : t.dead ? a : f })
      ]
    }
  );
});
function vn(e, t) {
  return e.length <= t ? e : `${e.slice(0, t - 1)}…`;
}
function Oa(e, t) {
  J(() => {
    const n = e.current, r = (s) => {
      s.preventDefault();
      const { left: i, top: a } = n.getBoundingClientRect(), l = { x: s.clientX - i, y: s.clientY - a }, c = s.deltaMode !== 0 || s.deltaX === 0 && Math.abs(s.deltaY) >= 50;
      s.ctrlKey || c ? t((d) => pe(d, Math.exp(-s.deltaY * (s.ctrlKey ? 0.01 : 16e-4)), l)) : t((d) => _e(d, -s.deltaX, -s.deltaY));
    };
    return n.addEventListener("wheel", r, { passive: !1 }), () => n.removeEventListener("wheel", r);
  }, []);
}
function Na(e) {
  const t = ce(null);
  return te(
    () => ({
      onPointerDown: (n) => {
        n.button === 0 && (t.current = { x: n.clientX, y: n.clientY, moved: !1 });
      },
      onPointerMove: (n) => {
        const r = t.current;
        if (r === null || n.buttons === 0) return;
        const [s, i] = [n.clientX - r.x, n.clientY - r.y];
        !r.moved && Math.hypot(s, i) < 4 || (r.moved || n.currentTarget.setPointerCapture(n.pointerId), t.current = { x: n.clientX, y: n.clientY, moved: !0 }, e((a) => _e(a, s, i)));
      },
      onPointerUp: () => {
        t.current = null;
      }
    }),
    []
  );
}
function Sa({ id: e, graph: t, numbers: n, onClose: r }) {
  const [s, i] = [e.slice(0, e.indexOf(":")), e.slice(e.indexOf(":") + 1)], a = ce(null);
  return J(() => a.current?.scrollTo(0, 0), [e]), /* @__PURE__ */ o("aside", { ref: a, class: "panel", "aria-label": `${s} ${i}`, onKeyDown: (l) => l.key === "Escape" && r(), children: [
    /* @__PURE__ */ o("header", { children: [
      /* @__PURE__ */ o("div", { children: [
        /* @__PURE__ */ o("span", { class: "quiet", children: s }),
        /* @__PURE__ */ o("h2", { children: i })
      ] }),
      /* @__PURE__ */ o("button", { type: "button", class: "button plain", "aria-label": "Close", onClick: r, children: "✕" })
    ] }),
    s === "agent" ? /* @__PURE__ */ o(Ma, { name: i, agent: n.agent(i) }) : /* @__PURE__ */ o(ja, { id: e, graph: t, numbers: n })
  ] });
}
function Ma({ name: e, agent: t }) {
  const n = B(), r = X(n.streams.value);
  if (t === void 0) return /* @__PURE__ */ o(K, { title: "No worker speaks of it", children: "It is declared, and nobody runs it." });
  const s = n.history.of(e), i = n.may("read-dead-letters") ? (l) => R("letters", { agent: e, error: l }) : void 0, a = Object.values(t.suppressed).reduce((l, c) => l + c, 0);
  return /* @__PURE__ */ o(Y, { children: [
    /* @__PURE__ */ o("p", { children: t.state === "waiting" ? /* @__PURE__ */ o(U, { tone: "bad", children: [
      "waits for ",
      t.waiting_for.join(", ")
    ] }) : /* @__PURE__ */ o(U, { tone: "good", children: "running" }) }),
    /* @__PURE__ */ o("div", { class: "sparks", children: [
      /* @__PURE__ */ o(st, { name: "in", value: ne(t.rates.in), children: /* @__PURE__ */ o(Ke, { samples: s, of: (l) => l.in, name: "Events a second, the last two minutes" }) }),
      /* @__PURE__ */ o(st, { name: "failed", value: ne(t.rates.failed), tone: t.rates.failed > 0 ? "bad" : "", children: /* @__PURE__ */ o(Ke, { samples: s, of: (l) => l.failed, name: "Failures a second, the last two minutes" }) }),
      /* @__PURE__ */ o(st, { name: "lag", value: q(Math.max(0, ...t.sources.map((l) => l.lag_seconds ?? 0))), children: /* @__PURE__ */ o(Ke, { samples: s, of: (l) => l.lag, name: "Lag in seconds, the last two minutes" }) })
    ] }),
    /* @__PURE__ */ o("div", { class: "figures", children: [
      /* @__PURE__ */ o(V, { name: "events", value: j(t.in), title: `${t.in} since the workers started` }),
      /* @__PURE__ */ o(V, { name: "duplicates", value: j(t.duplicates), title: Fn(t.duplicates, t.in) }),
      /* @__PURE__ */ o(V, { name: "suppressed", value: j(a) }),
      /* @__PURE__ */ o(V, { name: "late", value: j(t.late) }),
      /* @__PURE__ */ o(V, { name: "retried", value: j(t.retried), tone: t.retried > 0 ? "warn" : "" }),
      /* @__PURE__ */ o(V, { name: "dead letters", value: j(t.dead_lettered), tone: t.dead_lettered > 0 ? "bad" : "" })
    ] }),
    /* @__PURE__ */ o("h3", { children: "Latency and batches" }),
    /* @__PURE__ */ o(
      Ta,
      {
        rows: [
          ["publish → done", t.latency, q],
          ["events in a batch", t.batch_events, j]
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
      /* @__PURE__ */ o("tbody", { children: t.steps.map((l, c) => /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("td", { children: [
          l.kind,
          " ",
          /* @__PURE__ */ o("span", { class: "quiet", children: l.name })
        ] }),
        /* @__PURE__ */ o("td", { class: "number", children: j(l.in) }),
        /* @__PURE__ */ o("td", { class: "number", children: j(l.out) }),
        /* @__PURE__ */ o("td", { class: `number ${l.failed > 0 ? "bad" : ""}`, children: j(l.failed) }),
        /* @__PURE__ */ o("td", { class: "number", children: q(l.seconds.p50) }),
        /* @__PURE__ */ o("td", { class: "number", children: q(l.seconds.p95) }),
        /* @__PURE__ */ o("td", { class: "number", children: q(l.seconds.p99) })
      ] }, `${c} ${l.kind} ${l.name}`)) })
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
      /* @__PURE__ */ o("tbody", { children: t.sources.map((l) => /* @__PURE__ */ o("tr", { children: [
        /* @__PURE__ */ o("td", { children: l.topic }),
        /* @__PURE__ */ o("td", { class: "number", children: j(l.in) }),
        /* @__PURE__ */ o("td", { class: "number", children: ne(l.rate) }),
        /* @__PURE__ */ o("td", { class: "number", children: j(l.lag_messages) }),
        /* @__PURE__ */ o("td", { class: "number", children: q(l.lag_seconds) })
      ] }, l.topic)) })
    ] }),
    /* @__PURE__ */ o("dl", { class: "pairs", children: (r?.workers ?? []).filter((l) => (l.partitions[e] ?? []).length > 0).map((l) => /* @__PURE__ */ o(Y, { children: [
      /* @__PURE__ */ o("dt", { children: /* @__PURE__ */ o("code", { children: l.id }) }),
      /* @__PURE__ */ o("dd", { children: [
        F(l.partitions[e].length, "partition"),
        ": ",
        vt(l.partitions[e])
      ] })
    ] }, l.id)) }),
    /* @__PURE__ */ o(it, { title: "Suppressed, by reason", numbers: t.suppressed }),
    /* @__PURE__ */ o(it, { title: "Dead letters, by reason", numbers: t.dead_letters, href: i }),
    /* @__PURE__ */ o(it, { title: "Emitted", numbers: t.out, rates: t.rates.out })
  ] });
}
function ja({ id: e, graph: t, numbers: n }) {
  const r = B(), s = t.nodes.find((d) => d.id === e);
  if (s === void 0) return /* @__PURE__ */ o(K, { title: "It is not in this graph" });
  const i = t.edges.filter((d) => d.to === e).map((d) => d.from), a = t.edges.filter((d) => d.from === e).map((d) => d.to), { rate: l, note: c } = n.node(s);
  return /* @__PURE__ */ o(Y, { children: [
    l !== null && /* @__PURE__ */ o(V, { name: "events", value: ne(l) }),
    c && /* @__PURE__ */ o("p", { children: c }),
    s.dead && r.may("read-dead-letters") && /* @__PURE__ */ o("p", { children: /* @__PURE__ */ o("a", { href: R("letters", { state: "pending" }), children: "Dead letters" }) }),
    /* @__PURE__ */ o(yn, { title: "Written by", ids: i }),
    /* @__PURE__ */ o(yn, { title: "Read by", ids: a })
  ] });
}
function yn({ title: e, ids: t }) {
  return t.length === 0 ? null : /* @__PURE__ */ o(Y, { children: [
    /* @__PURE__ */ o("h3", { children: e }),
    /* @__PURE__ */ o("ul", { class: "plain", children: t.map((n) => /* @__PURE__ */ o("li", { children: /* @__PURE__ */ o("a", { href: R("topology", n.startsWith("agent:") ? { agent: n.slice(6) } : { node: n }), children: n.slice(n.indexOf(":") + 1) }) }, n)) })
  ] });
}
function st({ name: e, value: t, tone: n = "", children: r }) {
  return /* @__PURE__ */ o("div", { class: `line ${n}`, children: [
    /* @__PURE__ */ o("span", { class: "quiet", children: e }),
    r,
    /* @__PURE__ */ o("b", { children: t })
  ] });
}
function Ta({ rows: e }) {
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
      [n.p50, n.p95, n.p99, n.max].map((s, i) => /* @__PURE__ */ o("td", { class: "number", children: n.count === 0 ? oe : r(s) }, i))
    ] }, t)) })
  ] });
}
function it({ title: e, numbers: t, rates: n, href: r }) {
  const s = Object.entries(t).sort((i, a) => a[1] - i[1] || i[0].localeCompare(a[0]));
  return s.length === 0 ? null : /* @__PURE__ */ o(Y, { children: [
    /* @__PURE__ */ o("h3", { children: e }),
    /* @__PURE__ */ o("table", { class: "dense", children: /* @__PURE__ */ o("tbody", { children: s.map(([i, a]) => /* @__PURE__ */ o("tr", { children: [
      /* @__PURE__ */ o("td", { children: r === void 0 ? i : /* @__PURE__ */ o("a", { href: r(i), children: i }) }),
      n !== void 0 && /* @__PURE__ */ o("td", { class: "number", children: ne(n[i] ?? 0) }),
      /* @__PURE__ */ o("td", { class: "number", title: String(a), children: j(a) })
    ] }, i)) }) })
  ] });
}
function Ca({ route: e }) {
  const t = B(), n = X(t.topology), r = X(t.topologyError), s = X(t.streams.value), i = e.query.filter ?? "", a = e.query.agent ? `agent:${e.query.agent}` : e.query.node ?? "", l = ce(0), c = te(() => {
    if (n === null) return null;
    const f = Hr(n, i);
    return l.current += 1, { graph: f, layout: fa(f) };
  }, [n, i]), d = te(() => new Yr(s, t.history.dying(t.now.value)), [s]), h = (f) => location.replace(R("topology", { filter: i, ...f })), u = te(
    () => (f) => {
      const { filter: m } = Object.fromEntries(new URLSearchParams(location.hash.split("?")[1] ?? "")), [v, b] = [f.slice(0, f.indexOf(":")), f.slice(f.indexOf(":") + 1)];
      location.replace(R("topology", { filter: m, ...v === "agent" ? { agent: b } : { node: f } }));
    },
    []
  );
  if (c === null) return r === "" ? /* @__PURE__ */ o(Z, { rows: 6 }) : /* @__PURE__ */ o(G, { reason: r });
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
      /* @__PURE__ */ o("span", { class: "quiet", children: F(p, "agent") }),
      /* @__PURE__ */ o(Ia, {})
    ] }),
    /* @__PURE__ */ o("div", { class: "split", children: [
      c.graph.nodes.length === 0 ? /* @__PURE__ */ o(K, { title: i ? "Nothing has that in its name" : "No agents are declared", children: i ? "Filters look at the names of agents, topics and stores." : "A gateway alone shows them once a worker has spoken." }) : /* @__PURE__ */ o(ka, { layout: c.layout, layouts: l.current, numbers: d, selected: a, onSelect: u }),
      a !== "" && /* @__PURE__ */ o(Sa, { id: a, graph: c.graph, numbers: d, onClose: () => u("") })
    ] })
  ] });
}
function Ia() {
  return /* @__PURE__ */ o("ul", { class: "legend", "aria-label": "Legend", children: [
    /* @__PURE__ */ o("li", { class: "agent", children: "agent" }),
    /* @__PURE__ */ o("li", { class: "topic", children: "topic" }),
    /* @__PURE__ */ o("li", { class: "store", children: "store" }),
    /* @__PURE__ */ o("li", { class: "warn", children: "behind" }),
    /* @__PURE__ */ o("li", { class: "bad", children: "failing, waiting" })
  ] });
}
function La() {
  const e = B(), t = X(e.streams.value);
  if (t === null) return /* @__PURE__ */ o(Z, { rows: 6 });
  const n = [...t.workers ?? []].sort((i, a) => i.id.localeCompare(a.id)), r = new Set(n.map((i) => i.version)), s = t.gateway;
  return /* @__PURE__ */ o("section", { "aria-label": "Workers", children: [
    /* @__PURE__ */ o(Se, { title: "Workers", note: `${F(n.length, "worker")} in the group; a dead one leaves within 10 s.`, children: [
      r.size > 1 && /* @__PURE__ */ o(U, { tone: "warn", children: [
        "versions differ: ",
        [...r].sort().join(", ")
      ] }),
      s !== void 0 && /* @__PURE__ */ o(U, { tone: s.ready ? "good" : "warn", children: [
        "this gateway: ",
        F(s.connections, "socket"),
        " of ",
        F(s.users, "user")
      ] })
    ] }),
    n.length === 0 && /* @__PURE__ */ o(K, { title: "No worker runs", children: t.note ?? "None has spoken in the last 10 s: nothing is processed." }),
    n.map((i) => /* @__PURE__ */ o("article", { class: "card worker", "aria-label": `Worker ${i.id}`, children: [
      /* @__PURE__ */ o("header", { children: [
        /* @__PURE__ */ o("h2", { children: /* @__PURE__ */ o("code", { children: i.id }) }),
        /* @__PURE__ */ o("span", { class: "quiet", children: [i.host, i.address].filter(Boolean).join(" · ") }),
        /* @__PURE__ */ o(U, { children: i.version }),
        /* @__PURE__ */ o("span", { class: "facts", children: [
          /* @__PURE__ */ o("span", { class: "quiet", children: "seen" }),
          " ",
          /* @__PURE__ */ o(H, { at: i.seen }),
          /* @__PURE__ */ o("span", { class: "quiet", children: "started" }),
          " ",
          /* @__PURE__ */ o(H, { at: i.started }),
          /* @__PURE__ */ o("span", { class: "quiet", children: "memory" }),
          " ",
          /* @__PURE__ */ o("b", { children: be(i.rss_bytes) }),
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
          /* @__PURE__ */ o("td", { children: a.state === "running" ? /* @__PURE__ */ o(U, { tone: "good", children: "running" }) : /* @__PURE__ */ o(U, { tone: "bad", children: [
            "waits for ",
            a.waiting_for.join(", ")
          ] }) }),
          /* @__PURE__ */ o("td", { children: vt(i.partitions[a.agent] ?? a.partitions) }),
          /* @__PURE__ */ o("td", { class: "number", children: j(a.in) }),
          /* @__PURE__ */ o("td", { class: "number", children: ne(a.rates.in) }),
          /* @__PURE__ */ o("td", { class: `number ${a.rates.failed > 0 ? "bad" : ""}`, children: ne(a.rates.failed) })
        ] }, a.agent)) })
      ] })
    ] }, i.id))
  ] });
}
const kn = [
  { name: "topology", title: "Topology", action: "read-stats", icon: "M5 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm0 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4Zm14-6a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM7 6h3c3 0 3 6 7 6M7 18h3c3 0 3-6 7-6", show: (e) => /* @__PURE__ */ o(Ca, { route: e }) },
  { name: "tables", title: "Tables", action: "read-stats", icon: "M4 5h16v14H4zM4 10h16M10 10v9", show: (e) => /* @__PURE__ */ o(Ds, { route: e }) },
  { name: "workers", title: "Workers", action: "read-stats", icon: "M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01", show: () => /* @__PURE__ */ o(La, {}) },
  { name: "dependencies", title: "Dependencies", action: "read-stats", icon: "M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0ZM12 17v4", show: () => /* @__PURE__ */ o(cs, {}) },
  { name: "letters", title: "Dead letters", action: "read-dead-letters", icon: "M3 6h18v12H3zM3 7l9 7 9-7", show: (e) => /* @__PURE__ */ o(ks, { route: e }) },
  { name: "people", title: "People", action: "read-user", icon: "M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21c0-4 4-6 8-6s8 2 8 6", show: (e) => /* @__PURE__ */ o(Os, { route: e }) }
];
function Pa() {
  const [e, t] = D(null), [n, r] = D(""), [s, i] = D(Dt() !== "");
  J(() => {
    const l = Dt();
    l !== "" && Vn(l).then(
      (c) => (t({ key: l, caller: c }), i(!1)),
      (c) => (r(de(c)), i(!1))
    );
  }, []);
  const a = (l) => {
    Pr(), r(l), t(null);
  };
  return s ? /* @__PURE__ */ o(Z, { rows: 3 }) : e === null ? /* @__PURE__ */ o(Ls, { reason: n, onSignedIn: (l, c) => (Lr(l), t({ key: l, caller: c })) }, n) : /* @__PURE__ */ o(Ra, { signed: e, onSignOut: a }, e.key);
}
function Ra({ signed: e, onSignOut: t }) {
  const n = te(() => new is(e.key, e.caller, (...a) => fetch(...a), Br, t), []);
  J(() => (n.start(), () => n.stop()), []);
  const r = Fa(), s = kn.filter((a) => n.may(a.action)), i = kn.find((a) => a.name === r.view);
  return /* @__PURE__ */ o(qn.Provider, { value: n, children: [
    /* @__PURE__ */ o("a", { class: "skip", href: R(r.view, r.query, r.id), onClick: (a) => (a.preventDefault(), document.querySelector("main")?.focus()), children: "To the content" }),
    /* @__PURE__ */ o("div", { class: "shell", children: [
      /* @__PURE__ */ o("nav", { class: "rail", "aria-label": "Views", children: [
        /* @__PURE__ */ o("span", { class: "brand", children: [
          /* @__PURE__ */ o("span", { class: "brand-mark", "aria-hidden": "true" }),
          /* @__PURE__ */ o("span", { class: "words", children: "Pavilion" })
        ] }),
        s.map((a) => /* @__PURE__ */ o("a", { href: R(a.name), "aria-current": a === i ? "page" : void 0, title: a.title, children: [
          /* @__PURE__ */ o(os, { path: a.icon }),
          /* @__PURE__ */ o("span", { class: "words", children: a.title }),
          /* @__PURE__ */ o(Da, { view: a.name })
        ] }, a.name)),
        /* @__PURE__ */ o("div", { class: "foot", children: [
          /* @__PURE__ */ o(Aa, {}),
          /* @__PURE__ */ o("span", { class: "who words", title: e.caller.user_id, children: [
            "signed in as ",
            /* @__PURE__ */ o("b", { children: e.caller.role })
          ] }),
          /* @__PURE__ */ o("button", { type: "button", class: "button plain", onClick: () => t(""), children: "Sign out" })
        ] })
      ] }),
      /* @__PURE__ */ o("main", { tabIndex: -1, "data-view": r.view, children: [
        /* @__PURE__ */ o(ds, {}),
        i === void 0 ? /* @__PURE__ */ o(K, { title: "There is no such view", children: "Choose one on the left." }) : n.may(i.action) ? i.show(r) : /* @__PURE__ */ o(K, { title: `${i.title} is not for ${e.caller.role}`, children: "Sign in with a key of another role to see it." })
      ] })
    ] })
  ] });
}
function Da({ view: e }) {
  const t = X(B().streams.value), n = (t?.dependencies ?? []).filter((s) => s.state !== "closed").length, r = e === "letters" ? t?.dead_letter_backlog ?? 0 : e === "dependencies" ? n : 0;
  return r > 0 ? /* @__PURE__ */ o("span", { class: "badge", children: j(r) }) : null;
}
function Aa() {
  const [e, t] = D(Wn), n = (s) => {
    Un(s), t(s);
  };
  return /* @__PURE__ */ o("span", { class: "switch", role: "group", "aria-label": "Colours", children: [["light", "Light"], ["dark", "Dark"], ["", "Auto"]].map(([s, i]) => /* @__PURE__ */ o("button", { type: "button", "aria-pressed": e === s, onClick: () => n(s), children: i }, i)) });
}
function Fa() {
  const [e, t] = D(() => Bt(location.hash));
  return J(() => {
    const n = () => t(Bt(location.hash));
    return addEventListener("hashchange", n), () => removeEventListener("hashchange", n);
  }, []), e;
}
Un(Wn());
$r(/* @__PURE__ */ o(Pa, {}), document.getElementById("app"));
