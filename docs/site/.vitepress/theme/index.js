// Without the theme's own fonts: nothing is loaded but the site. The style comes last, so that it holds.
export { default } from 'vitepress/theme-without-fonts'
import './style.css'
